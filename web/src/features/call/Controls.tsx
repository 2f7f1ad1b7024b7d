import {
  IconHandStop,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhoneOff,
  IconScreenShare,
  IconScreenShareOff,
  IconVideo,
  IconVideoOff,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CALL_KEYS } from "../../media/keys";
import { useCallPreferences } from "../../ui/calls";
import { ICON } from "../../ui/icon";
import styles from "./Controls.module.css";
import { useCall, useCallState, useWords } from "./context";
import { MoreMenu } from "./MoreMenu";
import { ReactMenu } from "./ReactMenu";

const BIG = { ...ICON, size: 20 };

interface ControlsProps {
  /** Phones keep the rarer ones in the menu. */
  narrow: boolean;
  onDevices: () => void;
  onStatistics: () => void;
  onKeys: () => void;
}

/** The bar below the tiles: what I send, what I signal, the way out. */
export function Controls({ narrow, ...menu }: ControlsProps) {
  const t = useWords();
  const { session } = useCall();
  const mayPublish = useCallState(({ people }) => people.find(({ me }) => me)?.mayPublish ?? true);
  return (
    <div className={styles.bar} role="toolbar" aria-label={t("bar")}>
      {mayPublish && <MicrophoneControl />}
      {mayPublish && <CameraControl />}
      {mayPublish && !narrow && canShareScreen() && <ScreenControl />}
      <HandControl asks={!mayPublish} />
      {!narrow && <ReactMenu />}
      <MoreMenu {...menu} narrow={narrow} screen={narrow && mayPublish && canShareScreen()} />
      <button
        type="button"
        className={styles.leave}
        onClick={session.leave}
        title={t("withKey", { label: t("leave"), key: `Alt ${CALL_KEYS.leave}` })}
      >
        <IconPhoneOff {...BIG} />
        <span className={narrow ? "visually-hidden" : undefined}>{t("leave")}</span>
      </button>
    </div>
  );
}

export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

interface ControlProps {
  label: string;
  keyName: string;
  off?: boolean;
  on?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}

export function Control({
  label,
  keyName,
  off = false,
  on = false,
  disabled = false,
  onClick,
  children,
}: ControlProps) {
  const t = useWords();
  return (
    <button
      type="button"
      className={styles.control}
      aria-label={label}
      title={t("withKey", { label, key: keyName })}
      data-off={off || undefined}
      data-on={on || undefined}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

export function MicrophoneControl() {
  const t = useWords();
  const { session } = useCall();
  const [{ pushToTalk }] = useCallPreferences();
  const open = useCallState(({ wish, held }) => wish.microphone || held);
  const wished = useCallState(({ wish }) => wish.microphone);
  const trouble = useCallState(({ troubles }) => troubles.microphone !== undefined);
  const icon = open ? <IconMicrophone {...BIG} /> : <IconMicrophoneOff {...BIG} />;
  if (pushToTalk && !wished) {
    return (
      <button
        type="button"
        className={styles.control}
        data-off={!open || undefined}
        data-on={open || undefined}
        aria-label={t("microphone.hold")}
        aria-pressed={open}
        title={t("withKey", { label: t("microphone.hold"), key: t("keys.space") })}
        onPointerDown={() => session.hold(true)}
        onPointerUp={() => session.hold(false)}
        onPointerLeave={() => session.hold(false)}
        onPointerCancel={() => session.hold(false)}
        onKeyDown={({ key, repeat }) => !repeat && (key === " " || key === "Enter") && session.hold(true)}
        onKeyUp={({ key }) => (key === " " || key === "Enter") && session.hold(false)}
        onBlur={() => session.hold(false)}
      >
        {icon}
      </button>
    );
  }
  return (
    <Control
      label={t(wished ? "microphone.on" : "microphone.off")}
      keyName={CALL_KEYS.microphone}
      off={!open || trouble}
      onClick={() => session.toggle("microphone")}
    >
      {icon}
    </Control>
  );
}

export function CameraControl() {
  const t = useWords();
  const { session } = useCall();
  const on = useCallState(({ wish }) => wish.camera);
  return (
    <Control
      label={t(on ? "camera.on" : "camera.off")}
      keyName={CALL_KEYS.camera}
      off={!on}
      onClick={() => session.toggle("camera")}
    >
      {on ? <IconVideo {...BIG} /> : <IconVideoOff {...BIG} />}
    </Control>
  );
}

function ScreenControl() {
  const t = useWords();
  const { session } = useCall();
  const on = useCallState(({ wish }) => wish.screen);
  return (
    <Control
      label={t(on ? "screen.on" : "screen.off")}
      keyName={CALL_KEYS.screen}
      on={on}
      onClick={() => session.toggle("screen")}
    >
      {on ? <IconScreenShareOff {...BIG} /> : <IconScreenShare {...BIG} />}
    </Control>
  );
}

/** On a stage the raised hand of a listener asks for a word, so it says that. */
function HandControl({ asks }: { asks: boolean }) {
  const t = useWords();
  const { session } = useCall();
  const up = useCallState(({ people }) => people.find(({ me }) => me)?.hand ?? false);
  const words = asks ? (up ? "hand.askEnd" : "hand.ask") : up ? "hand.up" : "hand.down";
  return (
    <Control label={t(words)} keyName={CALL_KEYS.hand} on={up} onClick={() => session.setHand(!up)}>
      <IconHandStop {...BIG} />
      {asks && <span className={styles.word}>{t(words)}</span>}
    </Control>
  );
}
