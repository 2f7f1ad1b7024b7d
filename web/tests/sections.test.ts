import { describe, expect, it } from "vitest";
import { titleOf } from "../src/app/pageState";
import { applyBootstrap, emptyRooms } from "../src/client/rooms";
import type { Room } from "../src/client/types";
import { neighbour, roomsInOrder, sectionsOf } from "../src/features/rooms/sections";
import { bootstrap, person, room } from "./make";

const mine = (part: Partial<NonNullable<Room["me"]>>) => ({
  read_seq: 0,
  unread: 0,
  mentions: 0,
  pinned: false,
  notify: "all" as const,
  ...part,
});
const rooms = [
  room("zebra"),
  room("beta", { me: mine({ pinned: true }) }),
  room("loud", { me: mine({ unread: 2 }), last_message: { seq: 1, author: "ada", excerpt: "", at: 50 } }),
  room("muted", { me: mine({ unread: 9, notify: "nothing" }) }),
  room("old", { archived: true, me: mine({ unread: 4 }) }),
  room("talk", { kind: "direct", name: "", peers: ["ada"] }),
];
const state = applyBootstrap(
  emptyRooms,
  bootstrap(rooms, [person("ada"), person("bo"), person("gone", { deactivated: true })]),
);
const names = (about = { merged: false, held: null as string | null }) =>
  sectionsOf(state, about).map((section) => [
    section.name,
    section.entries.map((entry) => (entry.kind === "room" ? entry.room.id : entry.person.id)),
  ]);

describe("the list of rooms", () => {
  it("has unread first, then pinned, rooms, people, archived", () => {
    expect(names()).toEqual([
      ["unread", ["loud"]],
      ["pinned", ["beta"]],
      ["rooms", ["muted", "zebra"]],
      ["people", ["talk", "bo"]],
      ["archived", ["old"]],
    ]);
  });

  it("keeps the room one went into where it was", () => {
    expect(names({ merged: false, held: "zebra" })[0]).toEqual(["unread", ["loud", "zebra"]]);
  });

  it("mixes rooms and people by time on a phone", () => {
    expect(names({ merged: true, held: null }).map(([name]) => name)).toEqual([
      "unread",
      "pinned",
      "roomsAndPeople",
      "people",
      "archived",
    ]);
  });

  it("is walked up and down around its ends", () => {
    const order = roomsInOrder(sectionsOf(state, { merged: false, held: null }));
    expect(order.map((each) => each.id)).toEqual(["loud", "beta", "muted", "zebra", "talk"]);
    expect(neighbour(order, "talk", 1, () => true)).toBe("loud");
    expect(neighbour(order, "loud", -1, () => true)).toBe("talk");
    expect(neighbour(order, "beta", 1, (each) => each.id === "loud")).toBe("loud");
    expect(neighbour(order, "loud", 1, (each) => each.id === "loud")).toBeNull();
    expect(neighbour(order, null, -1, () => true)).toBe("talk");
  });
});

describe("the page's title", () => {
  it("counts what calls me and marks the rest", () => {
    expect(titleOf("Harbour", "lobby", { unread: 5, mentions: 2 })).toBe("(2) lobby, Harbour");
    expect(titleOf("Harbour", "lobby", { unread: 5, mentions: 0 })).toBe("• lobby, Harbour");
    expect(titleOf("", "", { unread: 0, mentions: 0 })).toBe("Plaza");
  });
});
