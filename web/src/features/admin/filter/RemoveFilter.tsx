import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../../client/api";
import type { Rule } from "../../../client/types";
import { ConfirmByName } from "../../../ui/pages/ConfirmByName";
import { Setting } from "../../../ui/pages/Setting";
import { useRoomsState } from "../../../ui/plaza";
import { useWrite } from "../hooks";

/** Apart from the rest: all rules at once, confirmed by the name of the place. */
export function RemoveFilter({ rules }: { rules: readonly Rule[] }) {
  const { t } = useTranslation();
  const place = useRoomsState((state) => state.place?.name ?? "");
  const [asking, setAsking] = useState(false);
  const remove = useWrite("rules", async () => {
    for (const rule of rules) await api.deleteRule(rule.id);
  });
  return (
    <Setting
      id="filter-remove"
      title={t("admin.remove")}
      note={t("admin.removeRules", { count: rules.length })}
      control={
        asking ? undefined : (
          <Button color="red" onClick={() => setAsking(true)}>
            {t("admin.removeDo")}
          </Button>
        )
      }
    >
      {asking ? (
        <ConfirmByName
          action={t("admin.removeDo")}
          name={place}
          warning={t("admin.removeNote")}
          pending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(undefined)}
          onCancel={() => setAsking(false)}
        />
      ) : undefined}
    </Setting>
  );
}
