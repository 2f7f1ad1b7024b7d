import {
  IconLayoutGrid,
  IconLayoutSidebarRight,
  IconMaximize,
  IconMinimize,
  IconPhone,
  IconPictureInPictureOn,
  IconX,
} from "@tabler/icons-react";
import { barsOf } from "../../media/quality";
import { useCalls } from "../../ui/calls";
import { IconButton } from "../../ui/IconButton";
import { ICON, ICON_SMALL } from "../../ui/icon";
import { useCall, useCallState, useWords } from "./context";
import { useCallClock, useMyQuality, useView } from "./hooks";
import styles from "./Stage.module.css";
import { canApart, openApart } from "./shown";
import { Bars } from "./Tile";

interface StageBarProps {
  full: boolean;
  onFull: () => void;
}

/** What is on stage, how long, how well, and how it is shown. */
export function StageBar({ full, onFull }: StageBarProps) {
  const t = useWords();
  const { session } = useCall();
  const calls = useCalls();
  const count = useCallState(({ people }) => people.length);
  const clock = useCallClock();
  const view = useView();
  const other = view === "grid" ? "speaker" : "grid";
  return (
    <header className={styles.bar}>
      <span className={styles.what}>
        <IconPhone {...ICON_SMALL} />
        {t("title")}
        <span className={styles.count} title={t("people", { count })}>
          <span aria-hidden="true">{count}</span>
          <span className="visually-hidden">{t("people", { count })}</span>
        </span>
      </span>
      <span className={styles.gap} />
      <MyLine />
      <span className={styles.clock} role="timer" aria-label={t("clock", { time: clock })}>
        {clock}
      </span>
      <IconButton label={t(`view.${other}`)} onClick={() => session.floor.show(other)}>
        {view === "grid" ? <IconLayoutSidebarRight {...ICON} /> : <IconLayoutGrid {...ICON} />}
      </IconButton>
      {canApart() && (
        <IconButton label={t("apart")} onClick={() => void openApart()}>
          <IconPictureInPictureOn {...ICON} />
        </IconButton>
      )}
      <IconButton label={t(full ? "fullEnd" : "full")} onClick={onFull}>
        {full ? <IconMinimize {...ICON} /> : <IconMaximize {...ICON} />}
      </IconButton>
      <IconButton label={t("hide")} onClick={() => calls.hide(true)}>
        <IconX {...ICON} />
      </IconButton>
    </header>
  );
}

/** My own line, told when it is not good. */
function MyLine() {
  const t = useWords();
  const line = useCallState(({ people }) => people.find(({ me }) => me)?.quality ?? "unknown");
  const { level, reason } = useMyQuality(null);
  if (level === "good") return null;
  const words = t("quality.label", { words: t(`quality.${reason}`) });
  return (
    <span className={styles.line} data-level={level} role="status">
      <Bars bars={barsOf(line)} label={words} />
      <span className={styles.lineWords}>{words}</span>
    </span>
  );
}
