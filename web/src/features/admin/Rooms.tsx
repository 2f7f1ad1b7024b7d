import { Button, TextInput } from "@mantine/core";
import { IconHash, IconLock, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { Room, RoomId } from "../../client/types";
import { ranked } from "../../lib/match";
import { ago } from "../../lib/when";
import { ICON_SMALL } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import styles from "./Admin.module.css";
import { useAllRooms, useWrite } from "./hooks";

/** The rooms that an administrator can see: all open ones, and the closed ones they are in. */
export function Rooms({ onOpenRoom }: { onOpenRoom: (room: RoomId) => void }) {
  const { t } = useTranslation();
  const rooms = useAllRooms();
  const [query, setQuery] = useState("");
  const archive = useWrite("rooms", (room: Room) => api.patchRoom(room.id, { archived: !room.archived }));
  const named = (rooms.data ?? [])
    .filter((room) => room.kind === "open" || room.kind === "closed")
    .sort(
      (a, b) =>
        Number(a.archived) - Number(b.archived) || (b.last_message?.at ?? 0) - (a.last_message?.at ?? 0),
    );
  const shown =
    query.trim() === ""
      ? named
      : ranked(query, named, (room) => ({ text: room.name, pinyin: room.pinyin })).map(({ item }) => item);
  return (
    <>
      <PageHead title={t("admin.page.rooms")} note={t("admin.roomsLead")} />
      <TextInput
        className={styles.find ?? ""}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        placeholder={t("admin.roomsFind")}
        aria-label={t("admin.roomsFind")}
        leftSection={<IconSearch {...ICON_SMALL} />}
      />
      <Problem error={rooms.error ?? archive.error} />
      {rooms.data !== undefined && shown.length === 0 ? (
        <p className={styles.quiet}>{t("admin.noneFound")}</p>
      ) : null}
      <ul className={styles.list} id="rooms" tabIndex={-1}>
        {shown.map((room) => (
          <RoomLine
            key={room.id}
            room={room}
            pending={archive.isPending && archive.variables.id === room.id}
            onOpen={() => onOpenRoom(room.id)}
            onArchive={() => archive.mutate(room)}
          />
        ))}
      </ul>
    </>
  );
}

interface RoomLineProps {
  room: Room;
  pending: boolean;
  onOpen: () => void;
  onArchive: () => void;
}

function RoomLine({ room, pending, onOpen, onArchive }: RoomLineProps) {
  const { t, i18n } = useTranslation();
  const Icon = room.kind === "closed" ? IconLock : IconHash;
  const about = [
    t("admin.roomMembers", { count: room.member_count }),
    t("admin.roomMessages", { count: room.msg_seq }),
    room.last_message === null ? t("admin.roomQuiet") : ago(room.last_message.at, Date.now(), i18n.language),
  ];
  const action = t(room.archived ? "admin.unarchive" : "admin.archive");
  return (
    <li className={styles.line} data-over={room.archived || undefined}>
      <Icon
        size={18}
        stroke={1.75}
        aria-label={t(room.kind === "closed" ? "admin.roomClosed" : "admin.roomOpen")}
      />
      <div className={styles.words}>
        <button type="button" className={styles.open} onClick={onOpen}>
          {room.name}
        </button>
        {room.archived ? <span className={styles.chip}>{t("admin.archived")}</span> : null}
        <div className={styles.quiet}>{about.join(" · ")}</div>
      </div>
      <Button size="sm" loading={pending} onClick={onArchive} aria-label={`${action}: ${room.name}`}>
        {action}
      </Button>
    </li>
  );
}
