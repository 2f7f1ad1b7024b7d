import { useTranslation } from "react-i18next";
import type { RoomId } from "../../client/types";
import styles from "./ChatPane.module.css";
import { useTypers } from "./hooks";

/** Who types, in one line that keeps its place. */
export function TypingLine({ room }: { room: RoomId }) {
  const { t } = useTranslation();
  const [a, b, more] = useTypers(room);
  let text = "";
  if (more !== undefined) text = t("chat.typing.many");
  else if (a !== undefined && b !== undefined) text = t("chat.typing.two", { a, b });
  else if (a !== undefined) text = t("chat.typing.one", { a });
  return (
    <p className={styles.typing} aria-live="polite">
      {text}
    </p>
  );
}
