// One room's lines as held on this device: a contiguous piece of its log, folded from pages and live events. Pure.
import type {
  ChangeEvent,
  EventPage,
  LineEvent,
  MessageEvent,
  PersonId,
  Reaction,
  RoomEvent,
  Seq,
} from "./types";

export const TIMELINE_EVENTS_MAX = 600;

export interface Timeline {
  epoch: string;
  /** Ascending by seq. Seqs may skip: changes take a seq and no line. */
  lines: LineEvent[];
  /** Everything up to this seq of the log is folded in, as far as `lines` reaches. */
  head: Seq;
  hasBefore: boolean;
  /** True when newer lines exist that are not held: `lines` is a piece of the past. */
  hasAfter: boolean;
  status: "loading" | "ready" | "failed";
  /** Live events that came while a page was on its way. */
  early: RoomEvent[];
  /** Raised each time the lines are replaced as a whole, so that a view knows to place itself anew. */
  generation: number;
}

export const emptyTimeline: Timeline = {
  epoch: "",
  lines: [],
  head: 0,
  hasBefore: false,
  hasAfter: false,
  status: "loading",
  early: [],
  generation: 0,
};

export type PageSide = "reset" | "before" | "after";

/** What a step asks of its owner. */
export type TimelineNeed = "nothing" | "reload";

export interface TimelineStep {
  timeline: Timeline;
  need: TimelineNeed;
}

const CHANGES: ReadonlySet<RoomEvent["kind"]> = new Set(["edited", "deleted", "reacted"]);

export function isChange(event: RoomEvent): event is ChangeEvent {
  return CHANGES.has(event.kind);
}

function merge(held: LineEvent[], incoming: LineEvent[]): LineEvent[] {
  const bySeq = new Map(held.map((line) => [line.seq, line]));
  for (const line of incoming) {
    const known = bySeq.get(line.seq);
    // A page may have been read before a live edit that is folded in already.
    const older = known?.kind === "message" && line.kind === "message" && known.rev > line.rev;
    if (!older) bySeq.set(line.seq, line);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Drops lines from the far end when there are too many. */
function trim(timeline: Timeline, keep: "newest" | "oldest"): Timeline {
  const over = timeline.lines.length - TIMELINE_EVENTS_MAX;
  if (over <= 0) return timeline;
  return keep === "newest"
    ? { ...timeline, lines: timeline.lines.slice(over), hasBefore: true }
    : { ...timeline, lines: timeline.lines.slice(0, TIMELINE_EVENTS_MAX), hasAfter: true };
}

function reset(timeline: Timeline, page: EventPage): TimelineStep {
  let next: Timeline = {
    epoch: page.epoch,
    lines: merge([], page.events),
    head: page.seq,
    hasBefore: page.has_before,
    hasAfter: page.has_after,
    status: "ready",
    early: [],
    generation: timeline.generation + 1,
  };
  for (const event of timeline.early) {
    const step = applyLive(next, event);
    if (step.need === "reload") return step;
    next = step.timeline;
  }
  return { timeline: next, need: "nothing" };
}

export function applyPage(timeline: Timeline, page: EventPage, side: PageSide): TimelineStep {
  if (side === "reset") return reset(timeline, page);
  if (page.epoch !== timeline.epoch) return { timeline, need: "reload" };
  const lines = merge(timeline.lines, page.events);
  if (side === "before") {
    return { timeline: trim({ ...timeline, lines, hasBefore: page.has_before }, "oldest"), need: "nothing" };
  }
  // The head stays where the live stream has come to: what the page knows beyond it, the stream will tell again,
  // and what the stream told while the page was read is not in the page, so that another one is needed.
  const hasAfter = page.has_after || page.seq < timeline.head;
  return { timeline: trim({ ...timeline, lines, hasAfter }, "newest"), need: "nothing" };
}

function withMessage(
  lines: LineEvent[],
  seq: Seq,
  change: (message: MessageEvent) => MessageEvent,
): LineEvent[] {
  const index = lines.findIndex((line) => line.seq === seq);
  const line = lines[index];
  if (line?.kind !== "message") return lines;
  const next = change(line);
  return next === line ? lines : lines.with(index, next);
}

function toggled(reactions: Reaction[], emoji: string, user: PersonId, on: boolean): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if (on) {
    if (known === undefined) return [...reactions, { emoji, users: [user] }];
    if (known.users.includes(user)) return reactions;
    return reactions.map((reaction) =>
      reaction === known ? { emoji, users: [...known.users, user] } : reaction,
    );
  }
  if (!known?.users.includes(user)) return reactions;
  const users = known.users.filter((id) => id !== user);
  return reactions.flatMap((reaction) =>
    reaction === known ? (users.length > 0 ? [{ emoji, users }] : []) : [reaction],
  );
}

function quoteDeleted(lines: LineEvent[], seq: Seq): LineEvent[] {
  return lines.map((line) =>
    line.kind === "message" && line.reply_to?.seq === seq && !line.reply_to.deleted
      ? { ...line, reply_to: { ...line.reply_to, excerpt: "", deleted: true } }
      : line,
  );
}

/** Folds a change into the lines it concerns. Doing it twice does no harm. */
export function applyChange(lines: LineEvent[], event: ChangeEvent): LineEvent[] {
  switch (event.kind) {
    case "edited":
      return withMessage(lines, event.target, (message) =>
        message.deleted || event.rev <= message.rev
          ? message
          : {
              ...message,
              text: event.text,
              rev: event.rev,
              edited_at: event.edited_at,
              mentions: event.mentions,
              mention_all: event.mention_all,
            },
      );
    case "deleted":
      return quoteDeleted(
        withMessage(lines, event.target, (message) => ({
          ...message,
          text: "",
          files: [],
          reactions: [],
          deleted: true,
        })),
        event.target,
      );
    case "reacted":
      return withMessage(lines, event.target, (message) => {
        if (message.deleted) return message;
        const reactions = toggled(message.reactions, event.emoji, event.author, event.on);
        return reactions === message.reactions ? message : { ...message, reactions };
      });
  }
}

/** One event of the `room:` stream. A hole in the seqs cannot be folded over: it asks for a reload. */
export function applyLive(timeline: Timeline, event: RoomEvent): TimelineStep {
  // A failed page will be read anew, whole: there is nothing to fold into.
  if (timeline.status === "failed") return { timeline, need: "nothing" };
  if (timeline.status === "loading") {
    return { timeline: { ...timeline, early: [...timeline.early, event] }, need: "nothing" };
  }
  if (event.seq <= timeline.head) return { timeline, need: "nothing" };
  if (event.seq > timeline.head + 1) return { timeline, need: "reload" };
  if (isChange(event)) {
    return {
      timeline: { ...timeline, head: event.seq, lines: applyChange(timeline.lines, event) },
      need: "nothing",
    };
  }
  if (timeline.hasAfter) return { timeline: { ...timeline, head: event.seq }, need: "nothing" };
  const lines = merge(timeline.lines, [event]);
  return { timeline: trim({ ...timeline, head: event.seq, lines }, "newest"), need: "nothing" };
}

/** My own post as acknowledged: shows at once, the live stream will carry the same event and move the head. */
export function applyPosted(timeline: Timeline, event: MessageEvent): Timeline {
  if (timeline.status !== "ready" || timeline.hasAfter || event.seq <= timeline.head) return timeline;
  return trim({ ...timeline, lines: merge(timeline.lines, [event]) }, "newest");
}

/** Starts over: what is held stays on screen until the page comes. */
export function asLoading(timeline: Timeline): Timeline {
  return { ...timeline, status: "loading", early: [] };
}

export function messageAt(timeline: Timeline, seq: Seq): MessageEvent | null {
  const line = timeline.lines.find((candidate) => candidate.seq === seq);
  return line?.kind === "message" ? line : null;
}

/** The newest lines as a page, worth keeping on the device; null when they are not held. */
export function newestPage(timeline: Timeline | undefined, linesMax: number): EventPage | null {
  if (timeline === undefined || timeline.status !== "ready" || timeline.hasAfter) return null;
  const events = timeline.lines.slice(-linesMax);
  const all = events.length === timeline.lines.length;
  const { epoch, head, hasBefore } = timeline;
  return { epoch, seq: head, events, has_before: hasBefore || !all, has_after: false };
}

/** The newest line that tells of people who came or went; 0 when none is held. */
export function lastCrossing(lines: readonly LineEvent[]): Seq {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index];
    switch (line?.kind) {
      case "joined":
      case "left":
      case "added":
      case "removed":
        return line.seq;
      case "message":
      case "created":
      case "archived":
      case "unarchived":
      case "renamed":
      case "topic":
      case "call_started":
      case "call_ended":
      case "speakers":
      case undefined:
        break;
    }
  }
  return 0;
}
