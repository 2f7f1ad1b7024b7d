import { IconArrowDown } from "@tabler/icons-react";
import { memo, type ReactNode, useImperativeHandle } from "react";
import { useTranslation } from "react-i18next";
import type { Timeline as TimelineState } from "../../client/timeline";
import type { Room, Seq } from "../../client/types";
import { Contained } from "../../ui/Contained";
import { ICON_SMALL } from "../../ui/icon";
import { useDayLabel } from "./hooks";
import { MessageRow } from "./MessageRow";
import { DayMark, NewMark } from "./marks";
import { NewBar } from "./NewBar";
import { PendingRow } from "./PendingRow";
import { floats, type Row } from "./rows";
import { SystemRow } from "./SystemRow";
import styles from "./Timeline.module.css";
import { useTimelineView } from "./useTimelineView";

export interface TimelineHandle {
  showSeq: (seq: Seq) => boolean;
  toEnd: () => void;
}

interface TimelineProps {
  room: Room;
  name: string;
  timeline: TimelineState;
  rows: Row[];
  target: Seq | null;
  newAfter: Seq | null;
  /** Drawn where the room begins. */
  start: ReactNode;
  /** Drawn where the call that goes on stands in the talk. */
  call: ReactNode;
  /** New messages are older than the rows. */
  unheldNew: boolean;
  /** A page of its own: it stands in the middle and is read from its top. */
  fromTop: boolean;
  onPresent: () => void;
  onFirstNew: () => void;
  onRead: () => void;
  handle: React.Ref<TimelineHandle>;
}

/** The rows of a room. Mounted anew when the timeline was replaced as a whole. */
export function Timeline(props: TimelineProps) {
  const { name, timeline, rows, start } = props;
  const { t } = useTranslation();
  const view = useTimelineView(props);
  useImperativeHandle(props.handle, () => ({ showSeq: view.showSeq, toEnd: view.toEnd }), [view]);
  return (
    <div className={styles.frame}>
      {view.stickyDay !== null && <StickyDay at={view.stickyDay} />}
      <div
        ref={view.scrollRef}
        className={styles.scroll}
        data-centered={props.fromTop || undefined}
        role="log"
        aria-label={t("chat.log", { name })}
        aria-live={view.atEnd ? "polite" : "off"}
        aria-busy={timeline.status === "loading"}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk the messages from here.
        tabIndex={0}
        onScroll={view.onScroll}
        onKeyDown={view.onKeyDown}
      >
        <div ref={view.listRef} className={styles.list}>
          <Rows rows={rows} start={start} call={props.call} highlighted={view.highlighted} />
        </div>
      </div>
      {(view.newAbove || props.unheldNew) && (
        <NewBar
          room={props.room}
          rows={rows}
          newAfter={props.newAfter}
          onJump={props.unheldNew ? props.onFirstNew : view.showNew}
          onRead={props.onRead}
        />
      )}
      {!props.fromTop && (!view.atEnd || timeline.hasAfter) && (
        <button
          type="button"
          className={styles.present}
          data-news={view.below > 0 || undefined}
          onClick={timeline.hasAfter ? props.onPresent : view.toEnd}
        >
          {view.below > 0 ? t("chat.below", { count: view.below }) : t("chat.toPresent")}
          <IconArrowDown {...ICON_SMALL} />
        </button>
      )}
    </div>
  );
}

function StickyDay({ at }: { at: number }) {
  const label = useDayLabel(at);
  return (
    <div className={styles.sticky} aria-hidden="true">
      <span>{label}</span>
    </div>
  );
}

interface RowsProps {
  rows: Row[];
  start: ReactNode;
  call: ReactNode;
  highlighted: Seq | null;
}

/** All that is held, so that the page's own search finds it; where one stands does not draw it again. */
const Rows = memo(function Rows({ rows, start, call, highlighted }: RowsProps) {
  return rows.map((row) => (
    <div key={row.key} data-key={row.key} data-floats={floats(row) || undefined}>
      <Contained instead={<BrokenRow />}>
        <RowView row={row} start={start} call={call} highlighted={highlighted} />
      </Contained>
    </div>
  ));
});

function BrokenRow() {
  const { t } = useTranslation();
  return <p className={styles.broken}>{t("chat.broken")}</p>;
}

function RowView({ row, start, call, highlighted }: Omit<RowsProps, "rows"> & { row: Row }) {
  switch (row.type) {
    case "start":
      return start;
    case "day":
      return <DayMark at={row.at} />;
    case "new":
      return <NewMark />;
    case "message":
      return (
        <MessageRow message={row.message} first={row.first} highlighted={row.message.seq === highlighted} />
      );
    case "system":
      return <SystemRow events={row.events} />;
    case "call":
      return call;
    case "pending":
      return <PendingRow item={row.item} first={row.first} />;
  }
}
