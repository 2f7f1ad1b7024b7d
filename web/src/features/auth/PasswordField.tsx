import { PasswordInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ICON_SMALL } from "../../ui/icon";
import styles from "./Form.module.css";
import { passwordFeedback } from "./password";

export interface PasswordFieldProps {
  label: ReactNode;
  value: string;
  onChange: (value: string) => void;
  /** The shortest allowed password; leave out for an existing one, which is not judged. */
  charsMin?: number;
  /** Said under the field while it is empty. */
  note?: ReactNode;
  error?: ReactNode;
  required?: boolean;
}

/** A password with the eye to show it and, for a new one, a line that counts along. */
export function PasswordField(props: PasswordFieldProps) {
  const { label, value, onChange, charsMin, note, error, required = true } = props;
  const { t } = useTranslation();
  const { chars, missing, good } = passwordFeedback(value, charsMin ?? 0);
  const counted = charsMin !== undefined && value !== "";
  return (
    <PasswordInput
      label={label}
      value={value}
      required={required}
      withAsterisk={false}
      size="lg"
      autoComplete={charsMin === undefined ? "current-password" : "new-password"}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword"), tabIndex: 0 }}
      error={error}
      description={
        counted ? (
          <span className={good ? styles.good : undefined} role="status">
            {good ? <IconCircleCheck {...ICON_SMALL} /> : null}
            {good ? t("auth.passwordGood", { count: chars }) : t("auth.passwordShort", { count: missing })}
          </span>
        ) : (
          note
        )
      }
    />
  );
}
