// What the switcher shows for a query: rooms, people and actions found by name, in the order worth showing. Pure.
import type { Person, Room } from "../../client/types";
import { type Match, match, type Range, ranked, type Syllable } from "../../lib/match";

export type Action = "create-room" | "invite" | "settings" | "admin" | "search";

export interface ActionName {
  action: Action;
  label: string;
  /** Other words for it; in Chinese its reading. */
  alias: string;
}

export interface Found {
  ranges: Range[];
  syllables: Syllable[];
}

export type Item =
  | { kind: "room"; key: string; room: Room; label: string; found: Found }
  | {
      kind: "person";
      key: string;
      person: Person;
      found: Found /** Marks in the name to sign in with. */;
      handle: Range[];
    }
  | { kind: "action"; key: string; action: ActionName; found: Found };

export interface Section {
  name: "unread" | "recent" | "people" | "rooms" | "actions";
  items: Item[];
}

export interface Known {
  rooms: readonly Room[];
  people: readonly Person[];
  actions: readonly ActionName[];
  /** The room on screen: not offered as recent. */
  here: string | null;
  me: string;
}

const MAX = { unread: 6, recent: 5, people: 5, rooms: 6, actions: 4 } as const;
const NOTHING: Found = { ranges: [], syllables: [] };
const BY_HANDLE_PENALTY = 15;

/** `#` asks for rooms only, `@` for people, `/` for actions. */
export function scopeOf(query: string): { scope: "rooms" | "people" | "actions" | null; rest: string } {
  const scopes = { "#": "rooms", "@": "people", "/": "actions" } as const;
  const first = query.trimStart().charAt(0);
  if (first === "#" || first === "@" || first === "/") {
    return { scope: scopes[first], rest: query.trimStart().slice(1).trim() };
  }
  return { scope: null, rest: query.trim() };
}

function nameOf(room: Room, people: ReadonlyMap<string, Person>): { text: string; pinyin: string } {
  if (room.name !== "") return { text: room.name, pinyin: room.pinyin };
  const peers = room.peers.flatMap((id) => people.get(id) ?? []);
  return {
    text: peers.map((peer) => peer.display_name).join(", "),
    pinyin: peers.map((peer) => peer.pinyin).join(" "),
  };
}

function roomItem(room: Room, label: string, found: Found): Item {
  return { kind: "room", key: `room ${room.id}`, room, label, found };
}

const latest = (a: Room, b: Room) =>
  (b.last_message?.at ?? b.created_at) - (a.last_message?.at ?? a.created_at);

function withoutQuery(known: Known, people: ReadonlyMap<string, Person>): Section[] {
  const item = (room: Room) => roomItem(room, nameOf(room, people).text, NOTHING);
  const mine = known.rooms.filter((room) => room.me !== null && !room.archived && room.id !== known.here);
  const waits = (room: Room) => (room.me?.unread ?? 0) > 0 && room.me?.notify !== "nothing";
  const unread = mine
    .filter(waits)
    .sort((a, b) => (b.me?.mentions ?? 0) - (a.me?.mentions ?? 0) || latest(a, b))
    .slice(0, MAX.unread);
  const recent = mine
    .filter((room) => !unread.includes(room))
    .sort(latest)
    .slice(0, MAX.recent);
  return [
    { name: "unread", items: unread.map(item) },
    { name: "recent", items: recent.map(item) },
    { name: "actions", items: known.actions.map(actionItem(NOTHING)) },
  ];
}

const actionItem =
  (found: Found) =>
  (action: ActionName): Item => ({ kind: "action", key: `action ${action.action}`, action, found });

function personMatch(query: string, person: Person): { match: Match; handle: Range[] } | null {
  const byName = match(query, person.display_name, person.pinyin);
  if (byName !== null) return { match: byName, handle: [] };
  const byHandle = match(query, person.name);
  if (byHandle === null) return null;
  return {
    match: { score: byHandle.score - BY_HANDLE_PENALTY, ranges: [], syllables: [] },
    handle: byHandle.ranges,
  };
}

function findPeople(query: string, known: Known): { items: Item[]; best: number } {
  const hits = known.people
    .filter((person) => !person.deactivated && person.id !== known.me)
    .flatMap((person) => {
      const found = personMatch(query, person);
      return found === null ? [] : [{ person, ...found }];
    })
    .sort((a, b) => b.match.score - a.match.score)
    .slice(0, MAX.people);
  return {
    best: hits[0]?.match.score ?? 0,
    items: hits.map(({ person, match: found, handle }) => ({
      kind: "person",
      key: `person ${person.id}`,
      person,
      found,
      handle,
    })),
  };
}

function findRooms(
  query: string,
  known: Known,
  people: ReadonlyMap<string, Person>,
): { items: Item[]; best: number } {
  // Direct rooms are found as people; archived ones come last.
  const named = known.rooms
    .filter((room) => room.kind !== "direct")
    .sort((a, b) => Number(a.archived) - Number(b.archived));
  const hits = ranked(query, named, (room) => nameOf(room, people)).slice(0, MAX.rooms);
  return {
    best: hits[0]?.match.score ?? 0,
    items: hits.map(({ item, match: found }) => roomItem(item, nameOf(item, people).text, found)),
  };
}

function findActions(query: string, actions: readonly ActionName[]): Item[] {
  return actions
    .flatMap((action) => {
      const byLabel = match(query, action.label, action.alias);
      const byAlias = byLabel ?? match(query, action.alias);
      if (byAlias === null) return [];
      return [{ action, score: byAlias.score, found: byLabel ?? NOTHING }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX.actions)
    .map(({ action, found }) => actionItem(found)(action));
}

/** Never an empty section. People and rooms change places by whose best is better. */
export function sections(query: string, known: Known): Section[] {
  const people = new Map(known.people.map((person) => [person.id, person]));
  const { scope, rest } = scopeOf(query);
  if (rest === "" && scope === null)
    return withoutQuery(known, people).filter((section) => section.items.length > 0);
  const found: Section[] = [];
  const [persons, rooms] = [findPeople(rest, known), findRooms(rest, known, people)];
  if (scope === null || scope === "people") found.push({ name: "people", items: persons.items });
  if (scope === null || scope === "rooms") found.push({ name: "rooms", items: rooms.items });
  if (rooms.best > persons.best) found.reverse();
  if (scope === null || scope === "actions")
    found.push({ name: "actions", items: findActions(rest, known.actions) });
  return found.filter((section) => section.items.length > 0);
}

/** The next place in a list of `count`, round the ends. */
export function step(at: number, by: 1 | -1, count: number): number {
  return count === 0 ? 0 : (at + by + count) % count;
}
