import { describe, expect, it } from "vitest";
import {
  applyBootstrap,
  applyMemberCount,
  applyPlaceEvent,
  applyUserEvent,
  emptyRooms,
  isOlderThan,
  markRead,
  type RoomsState,
  totals,
  withoutPresence,
} from "../src/client/rooms";
import type { UserEvent } from "../src/client/types";
import { bootstrap, me, person, room } from "./make";

const start = (...rooms: ReturnType<typeof room>[]): RoomsState =>
  applyBootstrap(emptyRooms, bootstrap(rooms, [person("ada")]));

function activity(part: Partial<Extract<UserEvent, { kind: "activity" }>> = {}): UserEvent {
  return {
    kind: "activity",
    room: "r1",
    seq: 11,
    msg_seq: 6,
    at: 5,
    author: "ada",
    excerpt: "hi",
    mentions: [],
    mention_all: false,
    ...part,
  };
}

describe("unread counts", () => {
  it("rise with a message of somebody else", () => {
    const state = applyUserEvent(start(room("r1")), activity());
    expect(state.rooms.r1?.me).toMatchObject({ unread: 1, mentions: 0 });
    expect(state.rooms.r1?.last_message).toEqual({ seq: 11, author: "ada", excerpt: "hi", at: 5 });
  });

  it("do not rise with my own message, also from another device", () => {
    const state = applyUserEvent(start(room("r1")), activity({ author: "me", mentions: ["me"] }));
    expect(state.rooms.r1?.me).toMatchObject({ unread: 0, mentions: 0 });
    expect(state.rooms.r1?.last_message?.seq).toBe(11);
  });

  it("tell mentions apart, by name and of everybody", () => {
    const named = applyUserEvent(start(room("r1")), activity({ mentions: ["me"] }));
    const both = applyUserEvent(named, activity({ seq: 12, msg_seq: 7, mention_all: true }));
    expect(both.rooms.r1?.me).toMatchObject({ unread: 2, mentions: 2 });
  });

  it("count an event once, however often it comes", () => {
    const once = applyUserEvent(start(room("r1")), activity());
    expect(applyUserEvent(once, activity())).toBe(once);
  });

  it("drop activity that bootstrap knew already", () => {
    const state = start(room("r1", { seq: 11 }));
    expect(applyUserEvent(state, activity())).toBe(state);
  });

  it("stop at a hundred", () => {
    const many = room("r1", { me: { read_seq: 1, unread: 100, mentions: 0, pinned: false, notify: "all" } });
    expect(applyUserEvent(start(many), activity()).rooms.r1?.me?.unread).toBe(100);
  });

  it("stay at nothing in the room that is being looked at", () => {
    const state = { ...start(room("r1"), room("r2")), watching: "r1" };
    const here = applyUserEvent(state, activity({ mentions: ["me"] }));
    const there = applyUserEvent(here, activity({ room: "r2" }));
    expect(here.rooms.r1?.me).toMatchObject({ unread: 0, mentions: 0 });
    expect(there.rooms.r2?.me?.unread).toBe(1);
  });

  it("are what another device says", () => {
    const state = applyUserEvent(start(room("r1")), activity());
    const read = applyUserEvent(state, { kind: "read", room: "r1", read_seq: 11, unread: 0, mentions: 0 });
    expect(read.rooms.r1?.me).toMatchObject({ read_seq: 11, unread: 0 });
  });

  it("fall to nothing at once when the newest message was read", () => {
    const state = applyUserEvent(start(room("r1")), activity({ mentions: ["me"] }));
    expect(markRead(state, "r1", 11).rooms.r1?.me).toMatchObject({ read_seq: 11, unread: 0, mentions: 0 });
  });

  it("are left to the server when older messages were read", () => {
    const state = applyUserEvent(start(room("r1", { seq: 9 })), activity({ seq: 15 }));
    expect(markRead(state, "r1", 12).rooms.r1?.me).toMatchObject({ read_seq: 12, unread: 1 });
  });

  it("never go back by reading something older", () => {
    const state = start(room("r1"));
    expect(markRead(state, "r1", 3)).toBe(state);
  });
});

describe("events held back while bootstrap was read", () => {
  const state = start(
    room("r1", { me: { read_seq: 20, unread: 1, mentions: 0, pinned: false, notify: "all" } }),
  );

  it("are old when the mark is not beyond the one bootstrap told", () => {
    expect(isOlderThan(state, { kind: "read", room: "r1", read_seq: 20, unread: 0, mentions: 0 })).toBe(true);
    expect(isOlderThan(state, { kind: "read", room: "r1", read_seq: 21, unread: 0, mentions: 0 })).toBe(
      false,
    );
  });
});

describe("rooms", () => {
  it("come with an invitation and go with a removal", () => {
    const joined = applyUserEvent(start(), { kind: "room", room: room("r9") });
    expect(joined.rooms.r9?.id).toBe("r9");
    expect(applyUserEvent(joined, { kind: "room_gone", room: "r9" }).rooms.r9).toBeUndefined();
  });

  it("that are listed do not overwrite my own counts", () => {
    const state = applyUserEvent(start(room("r1")), activity());
    const listed = applyPlaceEvent(state, { kind: "room_listed", room: room("r1", { me: null }) });
    expect(listed.rooms.r1?.me?.unread).toBe(1);
    const other = applyPlaceEvent(state, { kind: "room_listed", room: room("r5", { me: null }) });
    expect(other.listed.r5?.id).toBe("r5");
    expect(other.rooms.r5).toBeUndefined();
  });

  it("leave the list of open ones when I join", () => {
    const state = applyPlaceEvent(start(), { kind: "room_listed", room: room("r5", { me: null }) });
    const joined = applyUserEvent(state, { kind: "room", room: room("r5") });
    expect(joined.listed.r5).toBeUndefined();
    expect(joined.rooms.r5?.id).toBe("r5");
  });
});

describe("people", () => {
  it("change their presence in batches, also mine", () => {
    const state = applyPlaceEvent(start(), {
      kind: "presence",
      changes: [
        { user: "ada", presence: "away" },
        { user: "me", presence: "away" },
        { user: "unknown", presence: "active" },
      ],
    });
    expect(state.people.ada?.presence).toBe("away");
    expect(state.me?.presence).toBe("away");
    expect(state.people.unknown).toBeUndefined();
  });

  it("keep what only I know about me when the place tells of me", () => {
    const state = applyPlaceEvent(start(), {
      kind: "person",
      person: person("me", { display_name: "Mira" }),
    });
    expect(state.me).toMatchObject({ display_name: "Mira", has_password: true });
  });

  it("show my new name everywhere", () => {
    const state = applyUserEvent(start(), { kind: "me", me: { ...me(), display_name: "Mira" } });
    expect(state.people.me?.display_name).toBe("Mira");
  });
});

describe("totals", () => {
  const counts = (unread: number, mentions: number, notify: "all" | "mentions" | "nothing") => ({
    me: { read_seq: 0, unread, mentions, pinned: false, notify },
  });

  it("leave out what is muted and count direct talk as being called", () => {
    const state = start(
      room("open", counts(5, 1, "all")),
      room("quiet", counts(7, 2, "mentions")),
      room("muted", counts(9, 9, "nothing")),
      room("talk", { kind: "direct", peers: ["ada"], ...counts(3, 0, "all") }),
    );
    expect(totals(state)).toEqual({ unread: 5 + 2 + 3, mentions: 1 + 2 + 3 });
  });
});

describe("presence", () => {
  it("of others is not known without a connection, and mine is offline", () => {
    const state = withoutPresence(start(room("r1")));
    expect(state.people.ada?.presence).toBe("unknown");
    expect([state.me?.presence, state.people.me?.presence]).toEqual(["offline", "offline"]);
  });

  it("is not known in the copy that the device kept, and is when the server has spoken", () => {
    const kept = applyBootstrap(emptyRooms, bootstrap([], [person("ada")]), false);
    expect(kept.people.ada?.presence).toBe("unknown");
    expect(applyBootstrap(kept, bootstrap([], [person("ada")])).people.ada?.presence).toBe("active");
  });
});

describe("the count of members", () => {
  it("follows the list of them, in rooms of mine and in listed ones", () => {
    expect(applyMemberCount(start(room("r1")), "r1", 7).rooms.r1?.member_count).toBe(7);
    const listed = applyPlaceEvent(start(), { kind: "room_listed", room: room("r2", { me: null }) });
    expect(applyMemberCount(listed, "r2", 7).listed.r2?.member_count).toBe(7);
  });

  it("changes nothing when it is the same, or of a room that is not held", () => {
    const state = start(room("r1"));
    expect(applyMemberCount(state, "r1", 2)).toBe(state);
    expect(applyMemberCount(state, "r9", 2)).toBe(state);
  });
});
