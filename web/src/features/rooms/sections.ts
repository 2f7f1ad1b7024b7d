// What the list of rooms shows, in which order. Pure.
import { isHere, roomName } from "../../client/names";
import { mayHost } from "../../client/rights";
import { isTalk, type RoomsState } from "../../client/rooms";
import type { Person, Room, RoomId } from "../../client/types";

export type Entry = { kind: "room"; room: Room; name: string } | { kind: "person"; person: Person };
export type SectionName = "unread" | "pinned" | "rooms" | "people" | "roomsAndPeople" | "archived";

export interface Section {
  name: SectionName;
  entries: Entry[];
}

/** People with whom there is no talk yet fill the section up to this many. */
const PEOPLE_SHOWN_MAX = 12;
const byName = new Intl.Collator("zh-u-co-pinyin", { numeric: true });

/** Counts as unread in the list: not what was muted. */
export function calls(room: Room): boolean {
  if (room.me === null || room.archived) return false;
  switch (room.me.notify) {
    case "all":
      return room.me.unread > 0;
    case "mentions":
      return room.me.mentions > 0;
    case "nothing":
      return false;
  }
}

type RoomEntry = Extract<Entry, { kind: "room" }>;

const lastAt = ({ room }: RoomEntry) => room.last_message?.at ?? room.created_at;
const latestFirst = (a: RoomEntry, b: RoomEntry) => lastAt(b) - lastAt(a);
const alphabetical = (a: RoomEntry, b: RoomEntry) => byName.compare(a.name, b.name);

function strangers(state: RoomsState, talks: RoomEntry[]): Entry[] {
  // A guest cannot begin a talk.
  if (!mayHost(state.me)) return [];
  const known = new Set(talks.flatMap(({ room }) => (room.kind === "direct" ? room.peers : [])));
  const weight = (person: Person) => (isHere(person) ? 0 : 1);
  return Object.values(state.people)
    .filter((person) => person.id !== state.me?.id && !person.deactivated && !known.has(person.id))
    .sort((a, b) => weight(a) - weight(b) || byName.compare(a.display_name, b.display_name))
    .slice(0, Math.max(0, PEOPLE_SHOWN_MAX - talks.length))
    .map((person) => ({ kind: "person", person }));
}

/** `selected` keeps its place while one is in it: a room does not jump away under the pointer when it is read. */
export function sectionsOf(state: RoomsState, about: { merged: boolean; held: RoomId | null }): Section[] {
  const all: RoomEntry[] = Object.values(state.rooms).map((room) => ({
    kind: "room",
    room,
    name: roomName(room, state.people),
  }));
  const open = all.filter(({ room }) => !room.archived);
  const unread = open.filter(({ room }) => calls(room) || room.id === about.held);
  const rest = open.filter((entry) => !unread.includes(entry));
  const pinned = rest.filter(({ room }) => room.me?.pinned);
  const others = rest.filter((entry) => !pinned.includes(entry));
  const talks = others.filter(({ room }) => isTalk(room)).sort(latestFirst);
  const rooms = others.filter(({ room }) => !isTalk(room)).sort(alphabetical);
  const archived = all.filter(({ room }) => room.archived).sort(alphabetical);
  const allTalks = open.filter(({ room }) => room.kind === "direct");
  const people = [...talks, ...strangers(state, allTalks)];
  const sections: Section[] = [
    { name: "unread", entries: unread.sort(latestFirst) },
    { name: "pinned", entries: pinned.sort(alphabetical) },
  ];
  if (about.merged) {
    sections.push({ name: "roomsAndPeople", entries: [...others].sort(latestFirst) });
    sections.push({ name: "people", entries: strangers(state, allTalks) });
  } else {
    sections.push({ name: "rooms", entries: rooms }, { name: "people", entries: people });
  }
  sections.push({ name: "archived", entries: archived });
  // These two keep a way to make one, for those who may.
  const stays = ({ name }: Section) => mayHost(state.me) && (name === "rooms" || name === "people");
  return sections.filter((section) => section.entries.length > 0 || stays(section));
}

/** The rooms from top to bottom, for going up and down by key. */
export function roomsInOrder(sections: Section[]): Room[] {
  return sections.flatMap(({ name, entries }) =>
    name === "archived" ? [] : entries.flatMap((entry) => (entry.kind === "room" ? [entry.room] : [])),
  );
}

/** The next room in this direction, around the ends; null when there is none. */
export function neighbour(
  rooms: Room[],
  current: RoomId | null,
  step: 1 | -1,
  fits: (room: Room) => boolean,
): RoomId | null {
  const start = rooms.findIndex((room) => room.id === current);
  for (let offset = 1; offset <= rooms.length; offset += 1) {
    const from = start < 0 && step < 0 ? 0 : start;
    const index = (from + step * offset + rooms.length * 2) % rooms.length;
    const room = rooms[index];
    if (room !== undefined && room.id !== current && fits(room)) return room.id;
  }
  return null;
}
