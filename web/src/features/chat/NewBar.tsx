import { IconArrowUp, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { UNREAD_MAX } from "../../client/rooms";
import type { Room, Seq } from "../../client/types";
import { ICON_SMALL } from "../../ui/icon";
import { useNewCount } from "./hooks";
import type { Row } from "./rows";
import styles from "./Timeline.module.css";

interface NewBarProps {
  room: Room;
  rows: Row[];
  newAfter: Seq | null;
  onJump: () => void;
  onRead: () => void;
}

/** New messages lie above: how many, the way to the first, and away with it. */
export function NewBar({ room, rows, newAfter, onJump, onRead }: NewBarProps) {
  const { t } = useTranslation();
  const { count, time } = useNewCount(room, rows, newAfter);
  return (
    <div className={styles.above}>
      <button type="button" onClick={onJump}>
        <IconArrowUp {...ICON_SMALL} />
        {count >= UNREAD_MAX ? t("chat.newAboveMany") : t("chat.newAbove", { count, time })}
      </button>
      <button type="button" aria-label={t("chat.markRead")} title={t("chat.markRead")} onClick={onRead}>
        <IconX {...ICON_SMALL} />
      </button>
    </div>
  );
}
