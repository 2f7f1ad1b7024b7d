import { CALL_KEYS } from "../../media/keys";
import { Dialog } from "../../ui/Dialog";
import { Key } from "../../ui/Key";
import { useWords } from "./context";
import styles from "./Dialogs.module.css";

/** Which key does what in a call. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const actions = ["microphone", "talk", "camera", "screen", "hand", "view", "full", "leave"] as const;
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <p className={styles.note}>{t("keys.note")}</p>
      <dl className={styles.keys}>
        {actions.map((action) => (
          <div key={action}>
            <dt>{t(`keys.${action}`)}</dt>
            <dd>
              {action === "leave" && <Key>Alt</Key>}
              <Key>{action === "talk" ? t("keys.space") : CALL_KEYS[action]}</Key>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
