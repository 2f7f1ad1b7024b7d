// What the timeline draws, row by row: days, the new line, grouped messages, folded system lines, what waits. Pure.
import type { OutboxItem } from "../../client/outbox";
import type { CallId, LineEvent, MessageEvent, PersonId, Seq, SystemEvent } from "../../client/types";
import { dayOf } from "../../lib/time";

/** Messages of one author within this time stand under one face. */
export const GROUP_MS = 5 * 60_000;

export type Row =
  | { type: "start"; key: string }
  | { type: "day"; key: string; at: number }
  | { type: "new"; key: string }
  | { type: "message"; key: string; message: MessageEvent; first: boolean }
  | { type: "system"; key: string; events: SystemEvent[] }
  /** The call that goes on, below the line that tells who began it. */
  | { type: "call"; key: string }
  | { type: "pending"; key: string; item: OutboxItem; first: boolean };

export interface RowsInput {
  lines: LineEvent[];
  pending: OutboxItem[];
  me: PersonId;
  /** True when nothing older exists. */
  fromStart: boolean;
  /** True when nothing newer exists: only then what waits is drawn below. */
  toEnd: boolean;
  /** The new line stands before the first message of others above this seq; null draws none. */
  newAfter: Seq | null;
}

interface Author {
  author: PersonId;
  at: number;
}

function follows(before: Author | null, next: Author): boolean {
  return before !== null && before.author === next.author && next.at - before.at < GROUP_MS;
}

/** A message I sent keeps the key it had while it waited, so that nothing moves when it is acknowledged. */
function messageKey(message: MessageEvent, me: PersonId): string {
  return message.author === me && message.client_id !== null ? `c${message.client_id}` : `m${message.seq}`;
}

/** The first new message is older than what is held: the line would stand at the wrong place. */
export function isNewAbove({ lines, newAfter, fromStart }: RowsInput): boolean {
  const first = lines[0];
  return newAfter !== null && !fromStart && first !== undefined && first.seq > newAfter + 1;
}

/** The call that was begun and, as far as the lines tell, has not ended. */
function liveCall(lines: LineEvent[]): CallId | null {
  const last = lines.findLast((line) => line.kind === "call_started" || line.kind === "call_ended");
  return last?.kind === "call_started" ? last.call : null;
}

export function rowsOf(input: RowsInput): Row[] {
  const { lines, me, newAfter } = input;
  const live = liveCall(lines);
  const rows: Row[] = [];
  let day: number | null = null;
  let before: Author | null = null;
  let newShown = newAfter === null || isNewAbove(input);
  if (input.fromStart) rows.push({ type: "start", key: "start" });

  const startDay = (at: number) => {
    const next = dayOf(at);
    if (next === day) return;
    day = next;
    before = null;
    rows.push({ type: "day", key: `d${next}`, at: next });
  };

  for (const line of lines) {
    startDay(line.at);
    if (line.kind === "message") {
      if (!newShown && newAfter !== null && line.seq > newAfter && line.author !== me && !line.deleted) {
        rows.push({ type: "new", key: "new" });
        newShown = true;
        before = null;
      }
      const first: boolean = line.reply_to !== null || !follows(before, line);
      rows.push({ type: "message", key: messageKey(line, me), message: line, first });
      before = line;
    } else {
      const last = rows.at(-1);
      if (last?.type === "system") rows[rows.length - 1] = { ...last, events: [...last.events, line] };
      else rows.push({ type: "system", key: `s${line.seq}`, events: [line] });
      if (line.kind === "call_started" && line.call === live)
        rows.push({ type: "call", key: `l${line.seq}` });
      before = null;
    }
  }

  if (input.toEnd) {
    const known = new Set(lines.flatMap((line) => (line.kind === "message" ? [line.client_id] : [])));
    for (const item of input.pending) {
      if (known.has(item.client_id)) continue;
      startDay(item.at);
      const author = { author: me, at: item.at };
      const first = item.reply_to !== null || !follows(before, author);
      rows.push({ type: "pending", key: `c${item.client_id}`, item, first });
      before = author;
    }
  }
  return rows;
}

/** True when the row may stand elsewhere among the others once more of the room is held. */
export function floats(row: Row): boolean {
  return row.type === "start" || row.type === "day" || row.type === "new";
}

/** The index of the row that shows this seq, or -1. */
export function rowOfSeq(rows: Row[], seq: Seq): number {
  return rows.findIndex(
    (row) =>
      (row.type === "message" && row.message.seq === seq) ||
      (row.type === "system" && row.events.some((event) => event.seq === seq)),
  );
}

/** The highest seq a row shows; null for rows that show none. */
export function seqOfRow(row: Row | undefined): Seq | null {
  if (row?.type === "message") return row.message.seq;
  if (row?.type === "system") return row.events.at(-1)?.seq ?? null;
  return null;
}
