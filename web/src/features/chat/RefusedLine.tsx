import { useTranslation } from "react-i18next";
import styles from "./ChatPane.module.css";
import type { Refused } from "./useRefused";

/** One quiet line: what the server did not take, and why. Always there for those who hear the page. */
export function RefusedLine({ refused }: { refused: Refused | null }) {
  const { t } = useTranslation();
  return (
    <div role="status" className={refused === null ? undefined : styles.refused}>
      {refused !== null && `${t(`chat.refused.${refused.what}`)} ${t(`common.error.${refused.code}`)}`}
    </div>
  );
}
