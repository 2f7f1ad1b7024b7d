import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Role } from "../../client/types";
import { PageHead } from "../../ui/pages/PageHead";

/** For those who came by an address: says why, and the way back. */
export function Refused({ role, onClose }: { role: Role; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <PageHead
        title={t("admin.refused")}
        note={t("admin.refusedNote", { role: t(`common.role.${role}`) })}
      />
      <Button mt={24} onClick={onClose}>
        {t("admin.refusedBack")}
      </Button>
    </>
  );
}
