import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../client/error";
import { personName } from "../../client/names";
import type { Room } from "../../client/types";
import type { CallSession } from "../../media/session";
import { useCallsState } from "../../ui/calls";
import { useRoomsState } from "../../ui/plaza";
import { Controls } from "./Controls";
import { CallContext, useCall, useCallState, useWords } from "./context";
import { DevicesDialog } from "./DevicesDialog";
import { Ended } from "./Ended";
import { useCallValue, useFullScreen, useSize } from "./hooks";
import { KeysDialog } from "./KeysDialog";
import { Listeners } from "./Listeners";
import { Captions, Reactions } from "./Overlays";
import { Prejoin } from "./Prejoin";
import styles from "./Stage.module.css";
import { StageBar } from "./StageBar";
import { Statistics } from "./Statistics";
import { Strips } from "./Strips";
import { shown } from "./shown";
import { Tiles } from "./Tiles";

interface StageProps {
  room: Room;
  name: string;
}

/** What holds the stage of a room: the way into its call, the call, or why it is over. */
export default function Stage({ room, name }: StageProps) {
  const { t } = useTranslation();
  const session = useCallsState((state) => state.session);
  const [refused, setRefused] = useState<string | null>(null);
  if (session === null) return null;
  const onRefused = (error: unknown) => setRefused(t(`common.error.${asApiError(error).code}`));
  return (
    <InContext session={session} room={room} onRefused={onRefused}>
      <Frame name={name} refused={refused} onRefusedSeen={() => setRefused(null)} />
    </InContext>
  );
}

interface InContextProps {
  session: CallSession;
  room: Room;
  onRefused: (error: unknown) => void;
  children: ReactNode;
}

export function InContext({ session, room, onRefused, children }: InContextProps) {
  const value = useCallValue(session, room, onRefused);
  return <CallContext.Provider value={value}>{children}</CallContext.Provider>;
}

interface FrameProps {
  name: string;
  refused: string | null;
  onRefusedSeen: () => void;
}

function Frame({ name, refused, onRefusedSeen }: FrameProps) {
  const t = useWords();
  const { room } = useCall();
  const phase = useCallState((state) => state.phase.name);
  const ref = useRef<HTMLElement>(null);
  const { full, toggle } = useFullScreen(ref);
  useEffect(() => {
    shown.setState({ fill: toggle });
    return () => shown.setState({ fill: null });
  }, [toggle]);
  return (
    <section
      ref={ref}
      className={styles.stage}
      aria-label={t("stage", { name })}
      data-full={full || undefined}
    >
      {(phase === "previewing" || phase === "joining") && <Prejoin room={room} />}
      {(phase === "in" || phase === "reconnecting") && (
        <InCall full={full} onFull={toggle} refused={refused} onRefusedSeen={onRefusedSeen} />
      )}
      {phase === "ended" && <Ended />}
    </section>
  );
}

interface InCallProps extends Omit<FrameProps, "name"> {
  full: boolean;
  onFull: () => void;
}

function InCall({ full, onFull, refused, onRefusedSeen }: InCallProps) {
  const ref = useRef<HTMLDivElement>(null);
  const { width } = useSize(ref);
  const [dialog, setDialog] = useState<"devices" | "keys" | null>(null);
  const [statistics, setStatistics] = useState(false);
  const onDevices = () => setDialog("devices");
  return (
    <div ref={ref} className={styles.call}>
      <StageBar full={full} onFull={onFull} />
      <Strips onDevices={onDevices} refused={refused} onRefusedSeen={onRefusedSeen} />
      <div className={styles.floor}>
        <Tiles />
        <Alone />
        <Reactions />
        <Captions />
        {statistics && <Statistics onClose={() => setStatistics(false)} />}
      </div>
      <Listeners />
      <Controls
        narrow={width > 0 && width <= 480}
        onDevices={onDevices}
        onStatistics={() => setStatistics(!statistics)}
        onKeys={() => setDialog("keys")}
      />
      {dialog === "devices" && <DevicesDialog onClose={() => setDialog(null)} />}
      {dialog === "keys" && <KeysDialog onClose={() => setDialog(null)} />}
    </div>
  );
}

/** Nobody else is in yet: whom one waits for, or that they will not come. */
function Alone() {
  const t = useWords();
  const { room } = useCall();
  const alone = useCallState(({ people, phase }) => people.length === 1 && phase.name === "in");
  const peer = room.kind === "direct" ? room.peers[0] : undefined;
  const name = useRoomsState((state) => (peer === undefined ? "" : personName(state.people[peer])));
  const declined = useRoomsState(
    (state) => state.declined?.call === room.call?.id && state.declined !== null,
  );
  if (!alone) return null;
  return (
    <p className={styles.alone} role="status">
      {name === "" ? t("alone") : t(declined ? "declined" : "calling", { name })}
    </p>
  );
}
