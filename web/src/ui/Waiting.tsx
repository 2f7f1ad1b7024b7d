import { useTranslation } from "react-i18next";
import { useAfter } from "./hooks";
import styles from "./Waiting.module.css";

const SHOWN_AFTER_MS = 300;

/** Where a list will be: nothing at first, lines of stone when it takes a moment. */
export function Waiting({ lines = 3 }: { lines?: number }) {
  const { t } = useTranslation();
  const long = useAfter(SHOWN_AFTER_MS);
  if (!long) return null;
  return (
    <div className={styles.waiting} role="status" aria-label={t("common.loading")}>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all the same.
        <i key={index} />
      ))}
    </div>
  );
}
