import { IconBellOff, IconPhone } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { callCount, UNREAD_MAX } from "../../client/rooms";
import type { Room } from "../../client/types";
import { ICON_SMALL } from "../../ui/icon";
import { RoomSign } from "../../ui/RoomSign";
import { useExcerpt } from "./hooks";
import styles from "./RoomRow.module.css";
import { calls } from "./sections";

interface RoomRowProps {
  room: Room;
  name: string;
  selected: boolean;
  /** Two lines with the last message, for phones. */
  tall: boolean;
}

/** The small mark of a call that goes on, with how many are in. */
function LiveMark({ room }: { room: Room }) {
  const { t } = useTranslation();
  const count = callCount(room);
  if (count === 0) return null;
  return (
    <span className={styles.live} title={t("rooms.call.going")}>
      <IconPhone {...ICON_SMALL} size={14} />
      <span aria-hidden="true">{count}</span>
      <span className="visually-hidden">{t("rooms.call.count", { count })}</span>
    </span>
  );
}

export function Counts({ room }: { room: Room }) {
  const { t } = useTranslation();
  if (room.me === null) return null;
  const { unread, mentions, notify } = room.me;
  if (notify === "nothing") {
    return (
      <IconBellOff
        {...ICON_SMALL}
        className={styles.muted}
        aria-hidden={false}
        aria-label={t("shell.muted")}
      />
    );
  }
  if (!calls(room)) return null;
  const many = unread >= UNREAD_MAX;
  return (
    <span className={styles.counts}>
      <span aria-hidden="true" className={styles.count}>
        {many ? "99+" : unread}
      </span>
      <span className="visually-hidden">
        {many ? t("shell.unreadMany") : t("shell.unreadCount", { count: unread })}
      </span>
      {mentions > 0 && (
        <>
          <span aria-hidden="true" className={styles.mentions}>
            @{mentions}
          </span>
          <span className="visually-hidden">{t("shell.mentionCount", { count: mentions })}</span>
        </>
      )}
    </span>
  );
}

export const RoomRow = memo(function RoomRow({ room, name, selected, tall }: RoomRowProps) {
  const { text, time, draft } = useExcerpt(room);
  const { t } = useTranslation();
  const loud = calls(room);
  return (
    <Link
      href={`/r/${room.id}`}
      className={tall ? styles.tall : styles.row}
      data-nav=""
      data-loud={loud || undefined}
      data-quiet={room.me?.notify === "nothing" || room.archived || undefined}
      aria-current={selected ? "page" : undefined}
      draggable={false}
    >
      <span className={styles.sign} data-plain={room.kind !== "direct" || undefined}>
        <RoomSign room={room} size={tall ? 40 : 20} />
      </span>
      <span className={styles.name}>{name}</span>
      {tall && <span className={styles.time}>{time}</span>}
      {tall && (
        <span className={styles.excerpt}>
          {draft ? <em className={styles.draft}>{t("shell.draft")}: </em> : null}
          {text}
        </span>
      )}
      <span className={styles.marks}>
        <LiveMark room={room} />
        <Counts room={room} />
      </span>
    </Link>
  );
});
