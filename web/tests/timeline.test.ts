import { describe, expect, it } from "vitest";
import {
  applyLive,
  applyPage,
  applyPosted,
  asLoading,
  emptyTimeline,
  lastCrossing,
  messageAt,
  TIMELINE_EVENTS_MAX,
  type Timeline,
} from "../src/client/timeline";
import type { RoomEvent } from "../src/client/types";
import { message, page } from "./make";

const seqs = (timeline: Timeline) => timeline.lines.map((line) => line.seq);
const opened = (...list: number[]) =>
  applyPage(emptyTimeline, page(list.map((seq) => message(seq))), "reset").timeline;
const live = (timeline: Timeline, ...events: RoomEvent[]) =>
  events.reduce((now, event) => applyLive(now, event).timeline, timeline);
const edited = (seq: number, target: number, rev: number, text: string): RoomEvent => ({
  kind: "edited",
  seq,
  at: seq,
  author: "ada",
  target,
  text,
  rev,
  edited_at: seq,
  mentions: [],
  mention_all: false,
});
const reacted = (seq: number, target: number, author: string, on: boolean): RoomEvent => ({
  kind: "reacted",
  seq,
  at: seq,
  author,
  target,
  emoji: "👍",
  on,
});
const deleted = (seq: number, target: number): RoomEvent => ({
  kind: "deleted",
  seq,
  at: seq,
  author: "ada",
  target,
});

describe("pages", () => {
  it("merge by seq, whatever their order and overlap", () => {
    const first = applyPage(emptyTimeline, page([message(7), message(9)], { has_before: true }), "reset");
    const next = applyPage(first.timeline, page([message(3), message(7), message(5)]), "before");
    expect(seqs(next.timeline)).toEqual([3, 5, 7, 9]);
    expect(next.timeline.hasBefore).toBe(false);
  });

  it("of another epoch are not mixed in", () => {
    const step = applyPage(opened(5, 6), page([message(1)], { epoch: "e2" }), "before");
    expect(step.need).toBe("reload");
    expect(seqs(step.timeline)).toEqual([5, 6]);
  });

  it("read before a live edit do not undo it", () => {
    const now = live(opened(5), edited(6, 5, 2, "better"));
    const step = applyPage(now, page([message(4), message(5)]), "before");
    expect(messageAt(step.timeline, 5)?.text).toBe("better");
  });

  it("that were overtaken by the live stream leave the end open", () => {
    const past = applyPage(emptyTimeline, page([message(3)], { seq: 9, has_after: true }), "reset").timeline;
    const moved = live(past, message(10));
    const step = applyPage(moved, page([message(9)], { seq: 9 }), "after");
    expect(step.timeline.hasAfter).toBe(true);
    const last = applyPage(step.timeline, page([message(10)], { seq: 10 }), "after");
    expect(last.timeline.hasAfter).toBe(false);
    expect(seqs(last.timeline)).toEqual([3, 9, 10]);
  });
});

describe("live events", () => {
  it("append what is next", () => {
    expect(seqs(live(opened(5), message(6), message(7)))).toEqual([5, 6, 7]);
  });

  it("ask for a reload when one is missing", () => {
    const step = applyLive(opened(5), message(7));
    expect(step.need).toBe("reload");
    expect(seqs(step.timeline)).toEqual([5]);
  });

  it("that are known already change nothing", () => {
    const timeline = opened(5, 6);
    expect(applyLive(timeline, message(6)).timeline).toBe(timeline);
  });

  it("wait while a page is on its way and are folded in after it", () => {
    const waiting = live(asLoading(emptyTimeline), message(6), edited(7, 5, 2, "new"));
    const step = applyPage(waiting, page([message(5)]), "reset");
    expect(seqs(step.timeline)).toEqual([5, 6]);
    expect(messageAt(step.timeline, 5)?.text).toBe("new");
  });

  it("do not append to a piece of the past, but move its head", () => {
    const past = applyPage(emptyTimeline, page([message(3)], { seq: 9, has_after: true }), "reset").timeline;
    const now = live(past, message(10));
    expect(seqs(now)).toEqual([3]);
    expect(now.head).toBe(10);
  });

  it("keep at most a thousand lines, the newest", () => {
    const list = Array.from({ length: TIMELINE_EVENTS_MAX }, (_, index) => index + 1);
    const now = live(opened(...list), message(TIMELINE_EVENTS_MAX + 1));
    expect(now.lines).toHaveLength(TIMELINE_EVENTS_MAX);
    expect(now.lines[0]?.seq).toBe(2);
    expect(now.hasBefore).toBe(true);
  });
});

describe("changes", () => {
  it("edit a message, and an older edit comes too late", () => {
    const now = live(opened(5), edited(6, 5, 3, "third"), edited(7, 5, 2, "second"));
    expect(messageAt(now, 5)).toMatchObject({ text: "third", rev: 3 });
  });

  it("add and take away reactions, and an empty chip goes", () => {
    const two = live(
      opened(5),
      reacted(6, 5, "ada", true),
      reacted(7, 5, "bo", true),
      reacted(8, 5, "bo", true),
    );
    expect(messageAt(two, 5)?.reactions).toEqual([{ emoji: "👍", users: ["ada", "bo"] }]);
    const none = live(two, reacted(9, 5, "ada", false), reacted(10, 5, "bo", false));
    expect(messageAt(none, 5)?.reactions).toEqual([]);
  });

  it("delete a message, which keeps its place, and empty the quotes of it", () => {
    const quote = { seq: 5, author: "ada", excerpt: "message 5", deleted: false };
    const timeline = applyPage(
      emptyTimeline,
      page([message(5), message(6, { reply_to: quote })]),
      "reset",
    ).timeline;
    const now = live(timeline, deleted(7, 5));
    expect(messageAt(now, 5)).toMatchObject({ deleted: true, text: "" });
    expect(messageAt(now, 6)?.reply_to).toMatchObject({ deleted: true, excerpt: "" });
  });

  it("of a message that is gone do nothing", () => {
    const now = live(opened(5), deleted(6, 5), edited(7, 5, 9, "back"), reacted(8, 5, "ada", true));
    expect(messageAt(now, 5)).toMatchObject({ text: "", reactions: [], deleted: true });
  });

  it("of a message that is not held move the head only", () => {
    const now = live(opened(5), edited(6, 1, 2, "far"));
    expect(now.head).toBe(6);
    expect(seqs(now)).toEqual([5]);
  });
});

describe("my own post", () => {
  it("shows when it is acknowledged and once when the stream brings it", () => {
    const mine = message(8, { author: "me", client_id: "c1" });
    const posted = applyPosted(opened(5), mine);
    expect(seqs(posted)).toEqual([5, 8]);
    const now = live(posted, message(6), message(7), mine);
    expect(seqs(now)).toEqual([5, 6, 7, 8]);
  });
});

describe("the last that came or went", () => {
  const head = (seq: number) => ({ seq, at: seq, author: "ada" });

  it("is found behind messages and other lines", () => {
    const lines = [
      { ...head(1), kind: "created" as const },
      { ...head(2), kind: "joined" as const },
      { ...head(3), kind: "removed" as const, users: ["bo"] },
      { ...head(4), kind: "topic" as const, topic: "x" },
      message(5),
    ];
    expect(lastCrossing(lines)).toBe(3);
    expect(lastCrossing(lines.slice(0, 2))).toBe(2);
  });

  it("is nobody when nobody did", () => {
    expect(lastCrossing([message(1)])).toBe(0);
  });
});
