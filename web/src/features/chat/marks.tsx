import { useTranslation } from "react-i18next";
import { useDayLabel } from "./hooks";
import styles from "./rows.module.css";

export function DayMark({ at }: { at: number }) {
  const label = useDayLabel(at);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule with words in it cannot be an hr.
    <div className={styles.day} role="separator" aria-label={label}>
      <span>{label}</span>
    </div>
  );
}

export function NewMark() {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule with words in it cannot be an hr.
    <div className={styles.new} role="separator" aria-label={t("chat.new")}>
      <span>{t("chat.new")}</span>
    </div>
  );
}
