import { IconHash, IconPencil, IconSearch } from "@tabler/icons-react";
import { type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Room } from "../client/types";
import { clock } from "../lib/time";
import { ICON } from "../ui/icon";
import { useRoomsState } from "../ui/plaza";
import styles from "./LobbyFirst.module.css";
import { InviteCard } from "./pages";
import { useLobby } from "./useShell";

/** True in the lobby of a place where nobody else is and nothing was said. */
export function useIsFirst(room: Room | undefined): boolean {
  const lobby = useLobby();
  const alone = useRoomsState(
    (state) => Object.values(state.people).filter((person) => !person.deactivated).length <= 1,
  );
  const owner = useRoomsState((state) => state.me?.role === "owner");
  return owner && alone && room !== undefined && room.id === lobby?.id && room.last_message === null;
}

/** The first minute: ask somebody in, and three lines of what can be done. */
export function LobbyFirst({ room, onCreate }: { room: Room; onCreate: () => void }) {
  const { t, i18n } = useTranslation();
  const place = useRoomsState((state) => state.place?.name ?? "");
  return (
    <div className={styles.first}>
      <h2 className={styles.title}>{t("chat.first.title", { place })}</h2>
      <p className={styles.note}>{t("chat.first.note")}</p>
      <div className={styles.card}>
        <Suspense fallback={null}>
          <InviteCard room={room.id} />
        </Suspense>
      </div>
      <ul className={styles.lines}>
        <Line icon={<IconPencil {...ICON} />} name={t("chat.first.write")} note={t("chat.first.writeNote")}>
          <kbd>{t("chat.first.writeKey")}</kbd>
        </Line>
        <Line icon={<IconSearch {...ICON} />} name={t("chat.first.jump")} note={t("chat.first.jumpNote")}>
          <kbd>Ctrl K</kbd>
        </Line>
        <Line icon={<IconHash {...ICON} />} name={t("chat.first.room")} note={t("chat.first.roomNote")}>
          <button type="button" className={styles.link} onClick={onCreate}>
            {t("chat.first.roomKey")}
          </button>
        </Line>
      </ul>
      <p className={styles.opened}>
        {t("chat.first.opened", { time: clock(room.created_at, i18n.language) })}
      </p>
    </div>
  );
}

interface LineProps {
  icon: ReactNode;
  name: string;
  note: string;
  children: ReactNode;
}

function Line({ icon, name, note, children }: LineProps) {
  return (
    <li className={styles.line}>
      <span className={styles.sign}>{icon}</span>
      <strong>{name}</strong>
      <span className={styles.lineNote}>{note}</span>
      {children}
    </li>
  );
}
