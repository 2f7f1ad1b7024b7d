import { useVirtualizer } from "@tanstack/react-virtual";
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
import { type Row, rowOfSeq, seqOfRow } from "./rows";

const END_PX = 60;
const ROWS_ABOVE_NEW = 2;
const LOAD_WITHIN_PX = 1000;
const HIGHLIGHT_MS = 2400;

/** The row at the upper edge of a room when it was left; a room read to its end has no place. */
const places = new Map<RoomId, string>();

const ESTIMATES: Record<Row["type"], number> = {
  start: 96,
  day: 36,
  new: 28,
  message: 48,
  system: 32,
  pending: 48,
};

function estimate(row: Row | undefined): number {
  if (row?.type !== "message") return ESTIMATES[row?.type ?? "message"];
  const { text, files, reactions, reply_to } = row.message;
  const lines = Math.max(1, Math.ceil(text.length / 70)) + (text.match(/\n/g)?.length ?? 0);
  const images = files.some((file) => file.kind === "image") ? 150 : 0;
  return lines * 22 + (row.first ? 32 : 4) + images + (reactions.length > 0 ? 32 : 0) + (reply_to ? 22 : 0);
}

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
  virtualizer: TimelineVirtualizer;
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

function isAtEnd(element: HTMLElement): boolean {
  return element.scrollHeight - element.clientHeight - element.scrollTop <= END_PX;
}

const SETTLE_MS = 180;

/** A jump aims at an index until sizes are measured: no rows may be put before it meanwhile. */
function useSettling(then: React.RefObject<() => void>) {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return useMemo(
    () => ({
      begin() {
        if (timer.current !== null) clearTimeout(timer.current);
        timer.current = setTimeout(() => {
          timer.current = null;
          then.current();
        }, SETTLE_MS);
      },
      done: () => timer.current === null,
    }),
    [then],
  );
}

type TimelineVirtualizer = ReturnType<typeof useVirtualizer<HTMLDivElement, HTMLDivElement>>;

function useRowsVirtualizer(
  scrollRef: React.RefObject<HTMLDivElement | null>,
  { rows, fromTop }: ViewInput,
): TimelineVirtualizer {
  return useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: (index) => estimate(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    anchorTo: fromTop ? "start" : "end",
    followOnAppend: !fromTop,
    scrollEndThreshold: END_PX,
    overscan: 10,
    paddingStart: 12,
    paddingEnd: 12,
  });
}

interface Looker {
  scrollRef: React.RefObject<HTMLDivElement | null>;
  virtualizer: TimelineVirtualizer;
  settling: { begin: () => void; done: () => boolean };
}

/** Sees where one stands: whether at the end, what was in sight, and when another page is needed. */
function useLook(input: ViewInput, { scrollRef, virtualizer, settling }: Looker) {
  const plaza = usePlaza();
  const read = useReading(input);
  const [atEnd, setAtEnd] = useState(true);
  const latest = useRef(input);
  latest.current = input;
  /** The newest seq that was in sight, now or before. */
  const seenSeq = useRef<Seq>(input.room.me?.read_seq ?? 0);
  const look = useCallback(() => {
    const element = scrollRef.current;
    if (element === null) return;
    const { timeline, rows, room } = latest.current;
    const top = element.scrollTop;
    const bottom = top + element.clientHeight;
    const end = isAtEnd(element);
    setAtEnd(end);
    if (settling.done()) {
      if (top < LOAD_WITHIN_PX) void plaza.timelines.loadBefore(room.id);
      if (element.scrollHeight - bottom < LOAD_WITHIN_PX) void plaza.timelines.loadAfter(room.id);
    }
    const items = virtualizer.getVirtualItems();
    const visible = items.filter((item) => item.end <= bottom + 8);
    const seen = visible.reduce<Seq | null>((seq, item) => seqOfRow(rows[item.index]) ?? seq, null);
    const present = end && !timeline.hasAfter;
    seenSeq.current = Math.max(seenSeq.current, (present ? timeline.lines.at(-1)?.seq : seen) ?? 0);
    read(end, seen);
    const first = items.find((item) => item.end > top);
    if (present) places.delete(room.id);
    else if (first) places.set(room.id, String(first.key));
  }, [scrollRef, virtualizer, plaza, read, settling]);
  return { look, atEnd, seenSeq };
}

/** Looks whenever there is a reason: new rows, another size, the window left or entered. */
function useReasonsToLook(input: ViewInput, { scrollRef, virtualizer }: Looker, look: () => void): void {
  const { fromTop } = input;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new rows are a reason to look again.
  useEffect(() => {
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look, input.rows, input.timeline.status]);
  useEffect(() => {
    const element = scrollRef.current;
    if (element === null) return;
    let end = isAtEnd(element);
    const onScroll = () => {
      end = isAtEnd(element);
    };
    // A keyboard that rises takes room away; whoever stood at the end stays there.
    const resized = new ResizeObserver(() => {
      if (end && !fromTop) virtualizer.scrollToEnd();
      look();
    });
    resized.observe(element);
    if (element.firstElementChild !== null) resized.observe(element.firstElementChild);
    element.addEventListener("scroll", onScroll, { passive: true });
    window.addEventListener("focus", look);
    window.addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", onScroll);
      window.removeEventListener("focus", look);
      window.removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [scrollRef, virtualizer, look, fromTop]);
}

/** Where the list stands when it is mounted: at the message asked for, the new line, the place it was left, the end. */
function usePlacement(
  input: ViewInput,
  { virtualizer, settling }: Looker,
  showSeq: (seq: Seq) => boolean,
): void {
  const { room, rows, target, fromTop } = input;
  // biome-ignore lint/correctness/useExhaustiveDependencies: placed once per mount; a reset timeline is a new mount.
  useLayoutEffect(() => {
    settling.begin();
    if (fromTop) return;
    if (target !== null && showSeq(target)) return;
    const place = places.get(room.id);
    const kept = place === undefined ? -1 : rows.findIndex((row) => row.key === place);
    const fresh = rows.findIndex((row) => row.type === "new");
    // By index, which stays true while sizes are measured. What was said last stays in sight above the new line.
    const index = fresh >= 0 ? Math.max(0, fresh - ROWS_ABOVE_NEW) : kept;
    if (index >= 0) virtualizer.scrollToIndex(index, { align: "start" });
    else virtualizer.scrollToEnd();
  }, []);
  const shown = useRef(target);
  useEffect(() => {
    if (target !== null && shown.current !== target) showSeq(target);
    shown.current = target;
  }, [target, showSeq]);
}

export function useTimelineView(input: ViewInput): TimelineView {
  const { rows } = input;
  const me = useMe()?.id;
  const scrollRef = useRef<HTMLDivElement>(null);
  const [highlighted, setHighlighted] = useHighlight();
  const virtualizer = useRowsVirtualizer(scrollRef, input);
  const lookAgain = useRef<() => void>(() => undefined);
  const settling = useSettling(lookAgain);
  const looker = { scrollRef, virtualizer, settling };
  const { look, atEnd, seenSeq } = useLook(input, looker);
  lookAgain.current = look;
  const latestRows = useRef(rows);
  latestRows.current = rows;

  const showIndex = useCallback(
    (index: number, align: "start" | "center") => {
      settling.begin();
      virtualizer.scrollToIndex(index, { align });
    },
    [virtualizer, settling],
  );
  const showSeq = useCallback(
    (seq: Seq) => {
      const index = rowOfSeq(latestRows.current, seq);
      if (index < 0) return false;
      showIndex(index, "center");
      setHighlighted(seq);
      return true;
    },
    [showIndex, setHighlighted],
  );
  usePlacement(input, looker, showSeq);
  useReasonsToLook(input, looker, look);

  const top = virtualizer.scrollOffset ?? 0;
  const firstIndex = virtualizer.getVirtualItems().find((item) => item.end > top + 4)?.index ?? 0;
  const newIndex = rows.findIndex((row) => row.type === "new");
  return {
    scrollRef,
    virtualizer,
    atEnd,
    below: atEnd ? 0 : countBelow(rows, seenSeq.current, me),
    highlighted,
    onScroll: look,
    onKeyDown: (event) => walkRows(event, scrollRef.current),
    showSeq,
    toEnd: () => virtualizer.scrollToEnd(),
    stickyDay: virtualizer.isScrolling && !atEnd ? stickyDayOf(rows, firstIndex) : null,
    newAbove: newIndex >= 0 && newIndex < firstIndex,
    showNew: () => showIndex(newIndex, "start"),
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
