import { Button } from "@mantine/core";
import { IconLayoutBoard, IconPhone } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { callCount } from "../../client/rooms";
import type { RoomId } from "../../client/types";
import { useCallPlace, useCallsState } from "../../ui/calls";
import { Face } from "../../ui/Face";
import { ICON, ICON_SMALL } from "../../ui/icon";
import { useRoom, useRoomsState } from "../../ui/plaza";
import styles from "./CallCard.module.css";

const FACES_MAX = 8;

interface CallCardProps {
  room: RoomId;
  onJoin: () => void;
}

/** The call that goes on, as it stands in the talk: who is in, and the way in. */
export function CallCard({ room: id, onJoin }: CallCardProps) {
  const { t } = useTranslation();
  const room = useRoom(id);
  const place = useCallPlace(id);
  const hidden = useCallsState((state) => state.hidden);
  const people = useRoomsState((state) => state.people);
  if (room === undefined || room.call === null) return null;
  const count = callCount(room);
  const faces = room.call.users.slice(0, FACES_MAX);
  return (
    <section className={styles.card} aria-label={t("rooms.call.title")}>
      <span className={styles.sign}>
        <IconPhone {...ICON} />
      </span>
      <div className={styles.words}>
        <strong>{t("rooms.call.title")}</strong>
        <span>{t("rooms.call.count", { count })}</span>
      </div>
      <div className={styles.faces}>
        {faces.map((user) => (
          <span key={user} title={people[user]?.display_name}>
            <Face person={people[user] ?? { id: user, avatar: null }} size={24} />
          </span>
        ))}
        {count > FACES_MAX && <span className={styles.more}>+{count - FACES_MAX}</span>}
      </div>
      {place === "here" && !hidden ? (
        <span className={styles.stage}>
          <IconLayoutBoard {...ICON_SMALL} />
          {t("rooms.call.onStage")}
        </span>
      ) : (
        <Button variant={place === "here" ? "default" : "filled"} size="sm" onClick={onJoin}>
          {t(place === "here" ? "rooms.call.show" : "rooms.call.joinShort")}
        </Button>
      )}
    </section>
  );
}
