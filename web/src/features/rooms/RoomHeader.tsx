import {
  IconChevronLeft,
  IconLayoutSidebarLeftExpand,
  IconPhone,
  IconSearch,
  IconSettings,
  IconUsers,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { callCount, isTalk } from "../../client/rooms";
import type { Room } from "../../client/types";
import { useCallPlace, useCallsState } from "../../ui/calls";
import { Face } from "../../ui/Face";
import { IconButton } from "../../ui/IconButton";
import { ICON } from "../../ui/icon";
import { RoomSign } from "../../ui/RoomSign";
import { useHeaderFaces, useOthersUnread } from "./hooks";
import styles from "./RoomHeader.module.css";

export type PanelName = "members" | "settings" | "search";

interface RoomHeaderProps {
  room: Room;
  name: string;
  phone: boolean;
  panel: PanelName | null;
  onPanel: (panel: PanelName) => void;
  /** Brings the list of rooms back; null while it is there. */
  onList: (() => void) | null;
  /** Starts, joins or shows the call; null where there can be none. */
  onCall: (() => void) | null;
}

export function RoomHeader({ room, name, phone, panel, onPanel, onList, onCall }: RoomHeaderProps) {
  const { t } = useTranslation();
  const { faces, online } = useHeaderFaces(room);
  const count = room.member_count;
  const people =
    online === null ? t("rooms.memberCount", { count }) : t("rooms.peopleOnline", { count, online });
  return (
    <header className={styles.header}>
      {phone && <BackToList room={room} />}
      {onList !== null && <ShowList room={room} onClick={onList} />}
      <span className={styles.sign}>
        <RoomSign room={room} size={24} />
      </span>
      <div className={styles.words}>
        <h1 className={styles.name}>{name}</h1>
        {phone && !isTalk(room) && <span className={styles.people}>{people}</span>}
        {!phone && room.topic !== "" && (
          <span className={styles.topic} title={room.topic}>
            {room.topic}
          </span>
        )}
      </div>
      {!phone && !isTalk(room) && (
        <button
          type="button"
          className={styles.faces}
          aria-label={t("rooms.memberCount", { count: room.member_count })}
          onClick={() => onPanel("members")}
        >
          {faces.map((person) => (
            <Face key={person.id} person={person} size={24} />
          ))}
          <span>{room.member_count}</span>
        </button>
      )}
      {onCall !== null && <CallButton room={room} onClick={onCall} />}
      <IconButton
        label={t("rooms.searchHere")}
        pressed={panel === "search"}
        onClick={() => onPanel("search")}
      >
        <IconSearch {...ICON} />
      </IconButton>
      {!phone && (
        <IconButton
          label={t("rooms.members")}
          pressed={panel === "members"}
          onClick={() => onPanel("members")}
        >
          <IconUsers {...ICON} />
        </IconButton>
      )}
      <IconButton
        label={t("rooms.roomSettings")}
        pressed={panel === "settings"}
        onClick={() => onPanel("settings")}
      >
        <IconSettings {...ICON} />
      </IconButton>
    </header>
  );
}

/** One press starts the call or leads into it; while it goes on, with how many are in. */
function CallButton({ room, onClick }: { room: Room; onClick: () => void }) {
  const { t } = useTranslation();
  const place = useCallPlace(room.id);
  const hidden = useCallsState((state) => state.hidden);
  const count = callCount(room);
  const words = place === "here" ? (hidden ? "show" : "back") : count > 0 ? "join" : "start";
  const label = t(`rooms.call.${words}`);
  if (count === 0) {
    return (
      <IconButton label={label} onClick={onClick} pressed={place === "here" && !hidden}>
        <IconPhone {...ICON} />
      </IconButton>
    );
  }
  return (
    <button
      type="button"
      className={styles.call}
      title={label}
      aria-pressed={place === "here"}
      onClick={onClick}
    >
      <IconPhone {...ICON} />
      <span className="visually-hidden">{`${label}, ${t("rooms.call.count", { count })}`}</span>
      <span aria-hidden="true">{count}</span>
    </button>
  );
}

/** The way back to a list that was put away, with what waits there. */
function ShowList({ room, onClick }: { room: Room; onClick: () => void }) {
  const { t } = useTranslation();
  const unread = useOthersUnread(room.id);
  const label = unread > 0 ? t("shell.showListUnread", { count: unread }) : t("shell.showList");
  return (
    <span className={styles.list}>
      <IconButton label={label} onClick={onClick}>
        <IconLayoutSidebarLeftExpand {...ICON} />
      </IconButton>
      {unread > 0 && <span aria-hidden="true">{unread}</span>}
    </span>
  );
}

/** Back, with what waits elsewhere. */
function BackToList({ room }: { room: Room }) {
  const { t } = useTranslation();
  const unread = useOthersUnread(room.id);
  const label = unread > 0 ? t("shell.backWithUnread", { count: unread }) : t("shell.backToList");
  return (
    <Link href="/" className={styles.back} aria-label={label}>
      <IconChevronLeft {...ICON} size={24} />
      {unread > 0 && <span>{unread}</span>}
    </Link>
  );
}
