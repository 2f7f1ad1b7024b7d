import { IconArrowBackUp, IconPhoneOff } from "@tabler/icons-react";
import { IconButton } from "../../ui/IconButton";
import { ICON } from "../../ui/icon";
import { CameraControl, MicrophoneControl } from "./Controls";
import { useCall, useCallState, useFloor, useWords } from "./context";
import { useCallClock } from "./hooks";
import styles from "./Small.module.css";
import { Tile } from "./Tile";

interface SmallProps {
  name: string;
  /** In a window of its own: takes all of it. */
  apart?: boolean;
  onBack: () => void;
}

/** The call in a corner, or in a window of its own: who speaks, and the three buttons one needs. */
export function Small({ name, apart = false, onBack }: SmallProps) {
  const t = useWords();
  const { session } = useCall();
  const clock = useCallClock();
  const phase = useCallState((state) => state.phase);
  const large = useFloor(({ tiles, large: key }) => tiles.find((tile) => tile.key === key) ?? null);
  const mayPublish = useCallState(({ people }) => people.find(({ me }) => me)?.mayPublish ?? false);
  return (
    <aside className={styles.small} data-apart={apart || undefined} aria-label={t("small.label", { name })}>
      <header className={styles.head}>
        <button type="button" className={styles.name} onClick={onBack} title={t("small.back", { name })}>
          {name}
        </button>
        <span className={styles.clock}>{clock}</span>
        <IconButton label={t("small.back", { name })} size={28} onClick={onBack}>
          <IconArrowBackUp {...ICON} />
        </IconButton>
      </header>
      {phase.name === "ended" ? (
        <p className={styles.note} role="status">
          {t(`ended.${phase.reason}`)}
        </p>
      ) : (
        <div className={styles.picture}>
          {large !== null && <Tile tile={large} face={56} small />}
          {phase.name === "reconnecting" && (
            <p className={styles.over} role="status">
              {t("reconnecting")}
            </p>
          )}
        </div>
      )}
      <div className={styles.buttons}>
        {phase.name !== "ended" && mayPublish && <MicrophoneControl />}
        {phase.name !== "ended" && mayPublish && <CameraControl />}
        <button
          type="button"
          className={styles.leave}
          aria-label={t("leave")}
          title={t("leave")}
          onClick={session.leave}
        >
          <IconPhoneOff {...ICON} size={20} />
        </button>
      </div>
    </aside>
  );
}
