import { describe, expect, it } from "vitest";
import { emptyRooms, type RoomsState } from "../../client/rooms";
import type { Me, NotifyLevel, Room } from "../../client/types";
import { noticesBetween } from "./notices";

const me = { id: "ume", name: "me", display_name: "Me" } as Me;

function room(about: {
  seq: number;
  author?: string;
  mentions?: number;
  kind?: Room["kind"];
  notify?: NotifyLevel;
}): Room {
  return {
    id: "r1",
    kind: about.kind ?? "open",
    last_message: { seq: about.seq, author: about.author ?? "uother", excerpt: "hi", at: 1 },
    me: {
      read_seq: 0,
      unread: 1,
      mentions: about.mentions ?? 0,
      pinned: false,
      notify: about.notify ?? "all",
    },
  } as Room;
}

const state = (one: Room, fresh = true): RoomsState => ({ ...emptyRooms, me, rooms: { r1: one }, fresh });
const told = (before: Room, after: Room) => noticesBetween(state(before), state(after)).map((one) => one.seq);

describe("a notification", () => {
  it("comes for a mention in a room", () => {
    expect(told(room({ seq: 1 }), room({ seq: 2, mentions: 1 }))).toEqual([2]);
  });

  it("comes for every message of a direct room", () => {
    expect(told(room({ seq: 1, kind: "direct" }), room({ seq: 2, kind: "direct" }))).toEqual([2]);
  });

  it("does not come for an ordinary message of a room", () => {
    expect(told(room({ seq: 1 }), room({ seq: 2 }))).toEqual([]);
  });

  it("does not come for what I wrote myself, nor for a room that I silenced", () => {
    expect(told(room({ seq: 1, kind: "direct" }), room({ seq: 2, kind: "direct", author: "ume" }))).toEqual(
      [],
    );
    const silent = { kind: "direct", notify: "nothing" } as const;
    expect(told(room({ seq: 1, ...silent }), room({ seq: 2, mentions: 1, ...silent }))).toEqual([]);
  });

  it("does not come when I read a room, or while the state is only the device's copy", () => {
    expect(told(room({ seq: 2, mentions: 1 }), room({ seq: 2 }))).toEqual([]);
    const before = state(room({ seq: 1, kind: "direct" }), false);
    expect(noticesBetween(before, state(room({ seq: 2, kind: "direct" })))).toEqual([]);
  });
});
