import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "../client/api";
import type { Room } from "../client/types";
import { usePlaza } from "../ui/plaza";
import styles from "./Shell.module.css";

/** In the composer's place: why one cannot write here, and the way in if there is one. */
export function RoomFoot({ room, name }: { room: Room; name: string }) {
  const { t } = useTranslation();
  const plaza = usePlaza();
  if (room.archived) return <div className={styles.footNote}>{t("rooms.archivedNote")}</div>;
  return (
    <div className={styles.footNote}>
      <span>{t("rooms.joinPrompt", { name })}</span>
      <Button
        variant="filled"
        onClick={() => void api.joinRoom(room.id).then(plaza.tookRoom, () => undefined)}
      >
        {t("rooms.join")}
      </Button>
    </div>
  );
}
