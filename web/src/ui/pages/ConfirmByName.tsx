import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../Problem";
import styles from "./Setting.module.css";

export interface ConfirmByNameProps {
  /** What the button does, and what it says. */
  action: string;
  /** What has to be typed. */
  name: string;
  /** The sentence above the field: what will be gone. */
  warning: string;
  pending: boolean;
  error: unknown;
  onConfirm: () => void;
  onCancel: () => void;
}

/** For what cannot be taken back: one types the name of the thing. In place, not in front of the page. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const { action, name, warning, pending, error, onConfirm, onCancel } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const right = typed.trim() === name;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (right) onConfirm();
  }
  return (
    <form
      className={styles.danger}
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && onCancel()}
    >
      <TextInput
        label={t("settings.confirmType", { name })}
        description={warning}
        inputWrapperOrder={["label", "description", "input", "error"]}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
        autoComplete="off"
      />
      <Problem error={error} />
      <div className={styles.line}>
        <Button type="submit" color="red" variant="filled" disabled={!right} loading={pending}>
          {action}
        </Button>
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
