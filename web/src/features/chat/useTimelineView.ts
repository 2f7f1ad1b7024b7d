import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Timeline } from "../../client/timeline";
import type { Room, RoomId, Seq } from "../../client/types";
import { useMe, usePlaza, useRoomsState } from "../../ui/plaza";
import { createScrollKeeper, type ScrollKeeper } from "./keeper";
import { type Row, rowOfSeq, seqOfRow } from "./rows";

const ROWS_ABOVE_NEW = 2;
const LOAD_WITHIN_PX = 1500;
const HIGHLIGHT_MS = 2400;
const SCROLLING_MS = 150;

/** The row at the upper edge of a room when it was left; a room read to its end has no place. */
const places = new Map<RoomId, { key: string; offset: number }>();

interface ViewInput {
  room: Room;
  timeline: Timeline;
  rows: Row[];
  target: Seq | null;
  /** Read from its top, not from its end. */
  fromTop: boolean;
}

export interface TimelineView {
  scrollRef: React.RefObject<HTMLDivElement | null>;
  listRef: React.RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  /** Messages of others that came below what is in sight. */
  below: number;
  highlighted: Seq | null;
  onScroll: () => void;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  /** False when the message is not among the rows. */
  showSeq: (seq: Seq) => boolean;
  toEnd: () => void;
  /** While one scrolls: the day at the upper edge, when its mark is out of sight. */
  stickyDay: number | null;
  /** Unread messages lie above the upper edge. */
  newAbove: boolean;
  showNew: () => void;
}

/** Marks as read what is in sight of somebody who looks. */
function useReading({ room, timeline }: ViewInput) {
  const plaza = usePlaza();
  const fresh = useRoomsState((state) => state.fresh);
  const latest = useRef({ room, timeline, fresh });
  latest.current = { room, timeline, fresh };
  useEffect(() => () => plaza.watch(null), [plaza]);
  return useCallback(
    (atEnd: boolean, seenSeq: Seq | null) => {
      const now = latest.current;
      const looking = document.hasFocus() && document.visibilityState === "visible";
      const whole = atEnd && !now.timeline.hasAfter;
      plaza.watch(looking && whole && now.room.me !== null ? now.room.id : null);
      if (!looking || !now.fresh || now.room.me === null) return;
      const last = now.timeline.lines.at(-1)?.seq ?? 0;
      const seq = whole ? last : (seenSeq ?? 0);
      const counts = now.room.me.unread > 0 || now.room.me.mentions > 0;
      if (seq > now.room.me.read_seq && (counts || whole)) plaza.read(now.room.id, seq);
    },
    [plaza],
  );
}

function useHighlight() {
  const [highlighted, setHighlighted] = useState<Seq | null>(null);
  useEffect(() => {
    if (highlighted === null) return;
    const timer = setTimeout(() => setHighlighted(null), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [highlighted]);
  return [highlighted, setHighlighted] as const;
}

/** The keeper of the scroller, from the first layout on. */
function useKeeper() {
  const scrollRef = useRef<HTMLDivElement>(null);
  const listRef = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper | null>(null);
  useLayoutEffect(() => {
    if (scrollRef.current === null || listRef.current === null) return;
    keeper.current = createScrollKeeper(scrollRef.current, listRef.current);
  }, []);
  return useMemo(() => ({ scrollRef, listRef, keeper }), []);
}

type Kept = ReturnType<typeof useKeeper>;

/** The latest seq that rows up to `last` show; rows without one are passed over. */
function seqUpTo(rows: Row[], last: number): Seq | null {
  for (let index = Math.min(last, rows.length - 1); index >= 0; index -= 1) {
    const seq = seqOfRow(rows[index]);
    if (seq !== null) return seq;
  }
  return null;
}

/** Sees where one stands: whether at the end, what was in sight, and when another page is needed. */
function useLook(input: ViewInput, { keeper }: Kept) {
  const plaza = usePlaza();
  const read = useReading(input);
  const [atEnd, setAtEnd] = useState(true);
  const [first, setFirst] = useState(0);
  const latest = useRef(input);
  latest.current = input;
  /** The newest seq that was in sight, now or before. */
  const seenSeq = useRef<Seq>(input.room.me?.read_seq ?? 0);
  const look = useCallback(() => {
    const kept = keeper.current;
    if (kept === null) return;
    const { timeline, rows, room, fromTop } = latest.current;
    const end = kept.isAtEnd();
    const present = end && !timeline.hasAfter;
    kept.note(present && !fromTop);
    const sight = kept.inSight();
    setAtEnd(end);
    setFirst(sight.first);
    const { above, below } = kept.room();
    if (above < LOAD_WITHIN_PX) void plaza.timelines.loadBefore(room.id);
    if (below < LOAD_WITHIN_PX) void plaza.timelines.loadAfter(room.id);
    const seen = seqUpTo(rows, sight.last);
    seenSeq.current = Math.max(seenSeq.current, (present ? timeline.lines.at(-1)?.seq : seen) ?? 0);
    read(end, seen);
    if (present) places.delete(room.id);
    else if (sight.mark !== null) places.set(room.id, sight.mark);
  }, [keeper, plaza, read]);
  return { look, atEnd, first, seenSeq };
}

/** Looks whenever there is a reason: new rows, another size, the window left or entered. */
function useReasonsToLook(input: ViewInput, { scrollRef, listRef, keeper }: Kept, look: () => void): void {
  // Before it is painted: what is in sight stays where it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: new rows are the reason.
  useLayoutEffect(() => keeper.current?.hold(), [keeper, input.rows]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new rows are a reason to look again.
  useEffect(() => {
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look, input.rows, input.timeline.status]);
  useEffect(() => {
    const resized = new ResizeObserver(() => {
      keeper.current?.hold();
      look();
    });
    for (const element of [scrollRef.current, listRef.current])
      if (element !== null) resized.observe(element);
    window.addEventListener("focus", look);
    window.addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      resized.disconnect();
      window.removeEventListener("focus", look);
      window.removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [scrollRef, listRef, keeper, look]);
}

/** Where the list stands when it is mounted: at the message asked for, the new line, the place it was left, the end. */
function usePlacement(input: ViewInput, { keeper }: Kept, showSeq: (seq: Seq) => boolean): void {
  const { room, rows, target, fromTop } = input;
  // biome-ignore lint/correctness/useExhaustiveDependencies: placed once per mount; a reset timeline is a new mount.
  useLayoutEffect(() => {
    const kept = keeper.current;
    if (fromTop || kept === null) return;
    if (target !== null && showSeq(target)) return;
    const place = places.get(room.id);
    const fresh = rows.findIndex((row) => row.type === "new");
    // What was said last stays in sight above the new line.
    if (fresh >= 0) kept.toRow(Math.max(0, fresh - ROWS_ABOVE_NEW), "start");
    else if (place === undefined || !kept.toMark(place)) kept.toEnd();
  }, []);
  const shown = useRef(target);
  useEffect(() => {
    if (target !== null && shown.current !== target) showSeq(target);
    shown.current = target;
  }, [target, showSeq]);
}

/** True while one scrolls and a moment longer. */
function useIsScrolling() {
  const [scrolling, setScrolling] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const scrolled = useCallback(() => {
    clearTimeout(timer.current);
    setScrolling(true);
    timer.current = setTimeout(() => setScrolling(false), SCROLLING_MS);
  }, []);
  return { scrolling, scrolled };
}

export function useTimelineView(input: ViewInput): TimelineView {
  const { rows } = input;
  const me = useMe()?.id;
  const kept = useKeeper();
  const { keeper } = kept;
  const [highlighted, setHighlighted] = useHighlight();
  const { scrolling, scrolled } = useIsScrolling();
  const { look, atEnd, first, seenSeq } = useLook(input, kept);
  const latestRows = useRef(rows);
  latestRows.current = rows;
  const showSeq = useCallback(
    (seq: Seq) => {
      const index = rowOfSeq(latestRows.current, seq);
      if (index < 0 || !keeper.current?.toRow(index, "center")) return false;
      setHighlighted(seq);
      return true;
    },
    [keeper, setHighlighted],
  );
  usePlacement(input, kept, showSeq);
  useReasonsToLook(input, kept, look);
  const newIndex = rows.findIndex((row) => row.type === "new");
  return {
    scrollRef: kept.scrollRef,
    listRef: kept.listRef,
    atEnd,
    below: atEnd ? 0 : countBelow(rows, seenSeq.current, me),
    highlighted,
    onScroll: () => {
      scrolled();
      look();
    },
    onKeyDown: (event) => walkRows(event, kept.scrollRef.current),
    showSeq,
    toEnd: () => keeper.current?.toEnd(),
    stickyDay: scrolling && !atEnd ? stickyDayOf(rows, first) : null,
    newAbove: newIndex >= 0 && newIndex < first,
    showNew: () => void keeper.current?.toRow(newIndex, "start"),
  };
}

function countBelow(rows: Row[], seenSeq: Seq, me: string | undefined): number {
  return rows.filter(
    (row) => row.type === "message" && row.message.author !== me && row.message.seq > seenSeq,
  ).length;
}

function stickyDayOf(rows: Row[], firstIndex: number): number | null {
  if (rows[firstIndex]?.type === "day" || rows[firstIndex]?.type === "start") return null;
  for (let index = firstIndex; index >= 0; index -= 1) {
    const row = rows[index];
    if (row?.type === "day") return row.at;
  }
  return null;
}

/** Up and down walk from message to message. */
function walkRows(event: KeyboardEvent<HTMLElement>, list: HTMLElement | null): void {
  if (list === null || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const rows = [...list.querySelectorAll<HTMLElement>("[data-row]")];
  const active = document.activeElement;
  if (active !== list && !rows.some((row) => row === active)) return;
  const at = rows.indexOf(active as HTMLElement);
  const inSight = rows.filter((row) => row.offsetTop >= 0);
  const next = at < 0 ? inSight.at(-1) : rows[at + (event.key === "ArrowUp" ? -1 : 1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
