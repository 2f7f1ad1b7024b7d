import { describe, expect, it } from "vitest";
import type { Person, Room } from "../../client/types";
import { type ActionName, type Item, type Known, scopeOf, sections, step } from "./sections";

const person = (id: string, display_name: string, name: string, pinyin = ""): Person => ({
  id,
  name,
  display_name,
  pinyin,
  role: "member",
  avatar: null,
  presence: "active",
  deactivated: false,
});

const room = (id: string, name: string, about: Partial<Room> = {}): Room => ({
  id,
  kind: "open",
  name,
  topic: "",
  created_at: 0,
  archived: false,
  epoch: "e",
  seq: 1,
  msg_seq: 1,
  member_count: 2,
  last_message: null,
  pinyin: "",
  peers: [],
  me: { read_seq: 1, unread: 0, mentions: 0, pinned: false, notify: "all" },
  speakers: "everyone",
  call: null,
  ...about,
});

const actions: ActionName[] = [
  { action: "settings", label: "设置", alias: "she zhi" },
  { action: "invite", label: "Copy an invite link", alias: "link qr code" },
];
const known: Known = {
  me: "u0",
  here: "r1",
  actions,
  people: [
    person("u0", "Mira Castell", "mira"),
    person("u1", "林小满", "lin.xiaoman", "lin xiao man"),
    person("u2", "Jonas Feld", "speedy"),
    { ...person("u3", "Linus Gone", "linus"), deactivated: true },
  ],
  rooms: [
    room("r1", "lobby"),
    room("r2", "line-follower"),
    room("r3", "北京-trip", { pinyin: "bei jing", me: null }),
    room("r4", "", {
      kind: "direct",
      peers: ["u1"],
      me: { read_seq: 0, unread: 3, mentions: 0, pinned: false, notify: "all" },
    }),
    room("r5", "", { kind: "group", peers: ["u1", "u2"], pinyin: "" }),
  ],
};

const said = (item: Item) =>
  item.kind === "room" ? item.label : item.kind === "person" ? item.person.display_name : item.action.label;
const shown = (query: string) =>
  sections(query, known).map((section) => `${section.name}: ${section.items.map(said).join(", ")}`);

describe("the switcher", () => {
  it("shows what is unread, what is recent and what can be done before one types", () => {
    expect(shown("")).toEqual([
      "unread: 林小满",
      "recent: line-follower, 林小满, Jonas Feld",
      "actions: 设置, Copy an invite link",
    ]);
  });

  it("finds people, rooms and actions by one query", () => {
    expect(shown("lin")).toEqual([
      "rooms: line-follower, 林小满, Jonas Feld",
      "people: 林小满",
      "actions: Copy an invite link",
    ]);
  });

  it("finds 北京 by bj, also when I am not in the room", () => {
    expect(shown("bj")).toEqual(["rooms: 北京-trip"]);
  });

  it("finds a person by the name to sign in with, and marks it there", () => {
    const [section] = sections("spee", known);
    expect(section?.items).toMatchObject([{ kind: "person", person: { id: "u2" }, handle: [[0, 4]] }]);
  });

  it("never offers myself or somebody who was deactivated", () => {
    expect(shown("mira")).toEqual([]);
    expect(shown("linus")).toEqual([]);
  });

  it("finds an action by its reading or by another word for it", () => {
    expect(shown("/shezhi")).toEqual(["actions: 设置"]);
    expect(shown("qr")).toEqual(["actions: Copy an invite link"]);
  });

  it("looks only where a sign in front says", () => {
    expect([scopeOf("#dr"), scopeOf("@ lin"), scopeOf("/in"), scopeOf(" lin ")]).toEqual([
      { scope: "rooms", rest: "dr" },
      { scope: "people", rest: "lin" },
      { scope: "actions", rest: "in" },
      { scope: null, rest: "lin" },
    ]);
    expect(shown("@lin")).toEqual(["people: 林小满"]);
  });
});

describe("the arrow keys", () => {
  it("go round the ends", () => {
    expect([step(2, 1, 3), step(0, -1, 3), step(0, 1, 3), step(0, 1, 0)]).toEqual([0, 2, 1, 0]);
  });
});
