import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { isTalk } from "../../client/rooms";
import type { Room } from "../../client/types";
import styles from "./ChatPane.module.css";

interface RoomStartProps {
  room: Room;
  name: string;
  /** Nobody has said anything yet. */
  empty: boolean;
  onWrite: () => void;
}

/** Where the room begins. */
export function RoomStart({ room, name, empty, onWrite }: RoomStartProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.start}>
      <h2>{name}</h2>
      <p>{t(isTalk(room) ? "chat.startTalk" : "chat.start", { name })}</p>
      {empty && room.me !== null && !room.archived && (
        <Button variant="filled" onClick={onWrite}>
          {t("chat.emptyButton")}
        </Button>
      )}
    </div>
  );
}
