import { Button } from "@mantine/core";
import { IconBellOff, IconPhone, IconPhoneOff } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { api } from "../../client/api";
import { roomName } from "../../client/names";
import { type Ring, withoutRing } from "../../client/rooms";
import type { RoomId } from "../../client/types";
import { ring } from "../../media/ringtone";
import { useCallPreferences, useCalls } from "../../ui/calls";
import { Face } from "../../ui/Face";
import { IconButton } from "../../ui/IconButton";
import { ICON } from "../../ui/icon";
import { usePlaza, useRoom, useRoomsState } from "../../ui/plaza";
import { useWords } from "./context";
import { useSomebody } from "./hooks";
import styles from "./Ringing.module.css";

/** So long it rings; then it was missed. */
const RING_MS = 45_000;

/** Everybody who calls now, one card each, over whatever is on screen. */
export default function Ringing({ onOpenRoom }: { onOpenRoom: (room: RoomId) => void }) {
  const rings = useRoomsState((state) => state.rings);
  const [{ ringSound }] = useCallPreferences();
  const [silent, setSilent] = useState(false);
  const ringing = Object.values(rings);
  const sounds = ringSound && !silent && ringing.length > 0;
  useEffect(() => (sounds ? ring() : undefined), [sounds]);
  return (
    <div className={styles.rings}>
      {ringing.map((one) => (
        <RingCard
          key={one.room}
          one={one}
          onOpenRoom={onOpenRoom}
          onSilent={sounds ? () => setSilent(true) : null}
        />
      ))}
    </div>
  );
}

interface RingCardProps {
  one: Ring;
  onOpenRoom: (room: RoomId) => void;
  /** Null when it makes no sound. */
  onSilent: (() => void) | null;
}

function RingCard({ one, onOpenRoom, onSilent }: RingCardProps) {
  const t = useWords();
  const plaza = usePlaza();
  const calls = useCalls();
  const room = useRoom(one.room);
  const people = useRoomsState((state) => state.people);
  const { person, name } = useSomebody(one.from);
  const direct = room === undefined || room.kind === "direct";
  const title = direct ? t("ring.title", { name }) : t("ring.room", { name, room: roomName(room, people) });
  useEffect(() => {
    const timer = setTimeout(() => plaza.rooms.setState((state) => withoutRing(state, one.room)), RING_MS);
    return () => clearTimeout(timer);
  }, [plaza, one.room]);
  const stop = () => plaza.rooms.setState((state) => withoutRing(state, one.room));
  const answer = () => {
    stop();
    onOpenRoom(one.room);
    void calls.open(one.room);
  };
  const decline = () => {
    stop();
    void api.declineCall(one.room).catch(() => undefined);
  };
  return (
    <section className={styles.ring} role="alert" aria-label={title}>
      <Face person={person} size={44} />
      <p className={styles.title}>{title}</p>
      {onSilent !== null && (
        <IconButton label={t("ring.silent")} onClick={onSilent}>
          <IconBellOff {...ICON} />
        </IconButton>
      )}
      <div className={styles.buttons}>
        <Button color="red" leftSection={<IconPhoneOff {...ICON} />} onClick={decline}>
          {t("ring.decline")}
        </Button>
        <Button variant="filled" leftSection={<IconPhone {...ICON} />} onClick={answer}>
          {t("ring.answer")}
        </Button>
      </div>
    </section>
  );
}
