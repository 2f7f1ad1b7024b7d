import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../client/error";
import { Problem } from "../Problem";
import { Setting } from "./Setting";
import styles from "./Setting.module.css";

export interface TextSettingProps {
  id: string;
  title: string;
  note: ReactNode;
  /** As it is kept now. */
  value: string;
  charsMax: number;
  onSave: (value: string) => Promise<unknown>;
  autoComplete?: string;
}

/** One line of text with a save button that wakes when it differs. */
export function TextSetting({
  id,
  title,
  note,
  value,
  charsMax,
  onSave,
  autoComplete = "off",
}: TextSettingProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<string | null>(null);
  const save = useMutation({ mutationFn: onSave, onSuccess: () => setTyped(null) });
  const shown = typed ?? value;
  const changed = typed !== null && typed.trim() !== value && typed.trim() !== "";
  const refused = save.error === null ? null : asApiError(save.error);
  const field = refused !== null && refused.field !== null;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (changed) save.mutate(shown.trim());
  }

  return (
    <Setting id={id} title={title} note={note}>
      <form className={styles.inline} onSubmit={submit}>
        <TextInput
          className={styles.grow ?? ""}
          aria-labelledby={`${id}-title`}
          value={shown}
          maxLength={charsMax}
          autoComplete={autoComplete}
          error={field || refused?.code === "name_taken" ? refuseText(refused?.code, t) : undefined}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            save.reset();
          }}
        />
        <Button type="submit" disabled={!changed} loading={save.isPending}>
          {t("common.save")}
        </Button>
      </form>
      {save.isSuccess ? (
        <span className={styles.saved} role="status">
          {t("settings.saved")}
        </span>
      ) : null}
      {field || refused?.code === "name_taken" ? null : <Problem error={save.error} />}
    </Setting>
  );
}

function refuseText(
  code: ReturnType<typeof asApiError>["code"] | undefined,
  t: TFunction,
): string | undefined {
  return code === undefined ? undefined : t(`common.error.${code}`);
}
