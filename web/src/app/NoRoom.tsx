import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { api } from "../client/api";
import { mayHost } from "../client/rights";
import { CopyButton } from "../ui/CopyButton";
import { useMe } from "../ui/plaza";
import { RoomSign } from "../ui/RoomSign";
import { Empty } from "./Empty";
import styles from "./Empty.module.css";

const ROOMS_MAX = 6;

/** Who is in no room: a guest is told whom to ask, everybody else which rooms stand open. */
export default function NoRoom({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  if (me === null) return null;
  if (mayHost(me)) return <OpenRooms onCreate={onCreate} />;
  return (
    <Empty title={t("shell.noRoom")} text={t("shell.noRoomGuest", { name: me.name })}>
      <CopyButton text={`@${me.name}`} label={t("shell.copyName", { name: me.name })} />
      <Button component={Link} href="/settings">
        {t("shell.settings")}
      </Button>
    </Empty>
  );
}

function OpenRooms({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation();
  const rooms = useQuery({ queryKey: ["rooms"], queryFn: api.rooms });
  const open = (rooms.data?.rooms ?? []).filter((room) => room.kind === "open" && !room.archived);
  const most = open.sort((a, b) => b.member_count - a.member_count).slice(0, ROOMS_MAX);
  return (
    <Empty title={t("shell.noRoom")} text={t(most.length > 0 ? "shell.noRoomOpen" : "shell.noRoomNone")}>
      {most.length > 0 && (
        <ul className={styles.rooms}>
          {most.map((room) => (
            <li key={room.id}>
              <Link href={`/r/${room.id}`} className={styles.room}>
                <RoomSign room={room} />
                <span className={styles.name}>{room.name}</span>
                <span className={styles.count}>{t("rooms.memberCount", { count: room.member_count })}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <Button variant={most.length > 0 ? "default" : "filled"} onClick={onCreate}>
        {t("shell.newRoom")}
      </Button>
    </Empty>
  );
}
