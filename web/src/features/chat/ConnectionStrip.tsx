import { useTranslation } from "react-i18next";
import { usePlaza } from "../../ui/plaza";
import styles from "./ChatPane.module.css";
import { useConnectionNote } from "./useConnectionNote";

/** A calm strip while the server is out of reach: nothing is lost, so many messages wait. */
export function ConnectionStrip() {
  const { t } = useTranslation();
  const plaza = usePlaza();
  const { offline, waiting } = useConnectionNote();
  if (!offline) return null;
  return (
    <div className={styles.strip} role="status">
      <span>
        {t("chat.offline")} {waiting > 0 && t("chat.waiting", { count: waiting })}
      </span>
      <button type="button" onClick={() => plaza.connection.retry()}>
        {t("shell.tryAgain")}
      </button>
    </div>
  );
}
