import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { asShare } from "../media/preferences";
import { useCallPreferences } from "../ui/calls";
import { useElementWidth } from "./hooks";
import styles from "./Split.module.css";

/** From this width of a room on the stage stands beside the talk. */
const BESIDE_MIN_PX = 760;
const STEP = 0.04;

interface SplitProps {
  /** Null while nothing is on stage: then the talk has all the room. */
  stage: ReactNode | null;
  /** Where it stands above, it takes the whole room for now: there is something to decide first. */
  whole: boolean;
  children: ReactNode;
}

/** The stage and the talk, beside or above each other, with an edge that moves. */
export function Split({ stage, whole, children }: SplitProps) {
  const { t } = useTranslation();
  const ref = useRef<HTMLDivElement>(null);
  const beside = useElementWidth(ref) >= BESIDE_MIN_PX;
  const [chosen, choose] = useCallPreferences();
  const share = beside ? chosen.besideShare : chosen.aboveShare;
  const set = (value: number) => choose({ [beside ? "besideShare" : "aboveShare"]: asShare(value) });
  const onPointerMove = (event: PointerEvent<HTMLButtonElement>) => {
    const box = ref.current?.getBoundingClientRect();
    if (box === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    set(beside ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = beside ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    set(share + (event.key === more ? STEP : -STEP));
  };
  return (
    <div
      ref={ref}
      className={styles.split}
      data-beside={beside || undefined}
      data-staged={stage !== null || undefined}
      data-whole={(whole && stage !== null && !beside) || undefined}
      style={{ "--share": `${(share * 100).toFixed(2)}%` } as React.CSSProperties}
    >
      {stage !== null && <div className={styles.stage}>{stage}</div>}
      {stage !== null && (
        <button
          type="button"
          className={styles.edge}
          role="slider"
          aria-label={t("rooms.call.resize")}
          aria-orientation={beside ? "horizontal" : "vertical"}
          aria-valuenow={Math.round(share * 100)}
          aria-valuemin={30}
          aria-valuemax={80}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={onPointerMove}
          onKeyDown={onKeyDown}
        />
      )}
      <div className={styles.talk}>{children}</div>
    </div>
  );
}
