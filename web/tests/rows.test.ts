import { describe, expect, it } from "vitest";
import type { OutboxItem } from "../src/client/outbox";
import type { LineEvent, SystemEvent } from "../src/client/types";
import { GROUP_MS, type Row, rowOfSeq, rowsOf, seqOfRow } from "../src/features/chat/rows";
import { phrasesOf } from "../src/features/chat/system";
import { message } from "./make";

const noon = new Date(2026, 2, 12, 12).getTime();
const said = (seq: number, minutes: number, part = {}) =>
  message(seq, { at: noon + minutes * 60_000, ...part });
const joined = (seq: number, author: string): SystemEvent => ({ kind: "joined", seq, at: noon, author });
const item = (id: string, part: Partial<OutboxItem> = {}): OutboxItem => ({
  client_id: id,
  room: "r1",
  text: id,
  reply_to: null,
  files: [],
  at: noon + 60 * 60_000,
  order: 1,
  state: "waiting",
  reason: null,
  ...part,
});
const rows = (lines: LineEvent[], part: Partial<Parameters<typeof rowsOf>[0]> = {}) =>
  rowsOf({ lines, pending: [], me: "me", fromStart: false, toEnd: true, newAfter: null, ...part });
const shape = (list: Row[]) =>
  list.map((row) => ("first" in row ? `${row.type}${row.first ? " first" : ""}` : row.type));

describe("the rows of a room", () => {
  it("put messages of one author within five minutes under one face", () => {
    const list = rows([said(1, 0), said(2, 4), said(3, 9.5), said(4, 10, { author: "bo" })]);
    expect(shape(list)).toEqual(["day", "message first", "message", "message first", "message first"]);
    expect(GROUP_MS).toBe(300_000);
  });

  it("begin each day with its mark", () => {
    expect(shape(rows([said(1, 0), said(2, 24 * 60)]))).toEqual([
      "day",
      "message first",
      "day",
      "message first",
    ]);
  });

  it("show a reply with its own face, because a quote stands above it", () => {
    const quote = { seq: 1, author: "ada", excerpt: "", deleted: false };
    expect(shape(rows([said(1, 0), said(2, 1, { reply_to: quote })])).at(-1)).toBe("message first");
  });

  it("draw the new line once, before the first message of somebody else", () => {
    const list = rows([said(1, 0), said(2, 1, { author: "me" }), said(3, 2), said(4, 3)], { newAfter: 1 });
    expect(shape(list)).toEqual(["day", "message first", "message first", "new", "message first", "message"]);
  });

  it("fold system lines that follow each other", () => {
    const list = rows([joined(1, "ada"), joined(2, "bo"), said(3, 1), joined(4, "cy")]);
    expect(shape(list)).toEqual(["day", "system", "message first", "system"]);
    expect(seqOfRow(list[1])).toBe(2);
    expect(rowOfSeq(list, 1)).toBe(1);
  });

  it("hold what waits at the end, under the face of my last message", () => {
    const list = rows([said(1, 58, { author: "me" })], { pending: [item("a"), item("b")] });
    expect(shape(list)).toEqual(["day", "message first", "pending", "pending"]);
  });

  it("show an acknowledged post once and under the key it had", () => {
    const waiting = rows([], { pending: [item("a")] });
    const there = rows([said(1, 60, { author: "me", client_id: "a" })], { pending: [item("a")] });
    expect(there).toHaveLength(2);
    expect(there[1]?.key).toBe(waiting[1]?.key);
  });

  it("do not show what waits below a piece of the past", () => {
    expect(shape(rows([said(1, 0)], { pending: [item("a")], toEnd: false }))).toEqual([
      "day",
      "message first",
    ]);
  });
});

describe("the card of a call", () => {
  const head = (seq: number, call: string) => ({ seq, at: joined(seq, "ada").at, author: "ada", call });
  const started = (seq: number, call: string): SystemEvent => ({ ...head(seq, call), kind: "call_started" });
  const ended = (seq: number, call: string): SystemEvent => ({
    ...head(seq, call),
    kind: "call_ended",
    duration_ms: 1,
    participants: ["ada"],
  });

  it("stands below the line that tells who began the call that goes on", () => {
    const list = rows([started(1, "c1"), ended(2, "c1"), started(3, "c2"), joined(4, "cy")]);
    expect(shape(list)).toEqual(["day", "system", "call", "system"]);
    expect(seqOfRow(list[1])).toBe(3);
  });

  it("goes when the call ends", () => {
    expect(shape(rows([started(1, "c1"), ended(2, "c1")]))).toEqual(["day", "system"]);
  });
});

describe("system lines", () => {
  it("join those who did the same", () => {
    expect(phrasesOf([joined(1, "ada"), joined(2, "bo"), joined(3, "ada")])).toEqual([
      { kind: "joined", who: ["ada", "bo"], whom: [], value: "", ms: 0 },
    ]);
  });

  it("tell a call that is over once, with who was there and how long", () => {
    const call = { seq: 1, at: 1, author: "ada", call: "c1" };
    const started: SystemEvent = { ...call, kind: "call_started" };
    const ended: SystemEvent = {
      ...call,
      seq: 2,
      kind: "call_ended",
      duration_ms: 90_000,
      participants: ["ada", "bo"],
    };
    expect(phrasesOf([started, ended])).toEqual([
      { kind: "call_ended", who: ["ada", "bo"], whom: [], value: "c1", ms: 90_000 },
    ]);
    expect(phrasesOf([started]).map(({ kind }) => kind)).toEqual(["call_started"]);
  });

  it("tell the last of several new topics", () => {
    const topic = (seq: number, value: string): SystemEvent => ({
      kind: "topic",
      seq,
      at: 1,
      author: "ada",
      topic: value,
    });
    expect(phrasesOf([topic(1, "a"), topic(2, "b")])).toEqual([
      { kind: "topic", who: ["ada"], whom: [], value: "b", ms: 0 },
    ]);
  });

  it("keep apart what different people did", () => {
    const added = (seq: number, author: string, user: string): SystemEvent => ({
      kind: "added",
      seq,
      at: 1,
      author,
      users: [user],
    });
    expect(
      phrasesOf([added(1, "ada", "x"), added(2, "ada", "y"), added(3, "bo", "z")]).map((each) => each.whom),
    ).toEqual([["x", "y"], ["z"]]);
  });
});
