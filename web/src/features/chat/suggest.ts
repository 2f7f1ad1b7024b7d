// What the composer offers while one types: people after @, rooms after #, emoji after :, commands after /. Pure.
import type { Person, Room } from "../../client/types";

export type SuggestKind = "person" | "room" | "emoji" | "command";

export interface SuggestQuery {
  kind: SuggestKind;
  query: string;
  /** Where the sign stands in the text; the choice replaces from here to the caret. */
  start: number;
}

const EMOJI_QUERY_CHARS_MIN = 2;
const OFFERS_MAX = 8;
/** What calls everybody in a room. */
export const EVERYBODY: readonly string[] = ["all", "所有人"];

/** The word under the caret, when it asks for something. */
export function queryAt(text: string, caret: number): SuggestQuery | null {
  const before = text.slice(0, caret);
  const command = /^\/(\w*)$/.exec(before);
  if (command) return { kind: "command", query: command[1] ?? "", start: 0 };
  const person = /(?:^|[\s(（，。、：])@([^\s@]{0,40})$/u.exec(before);
  if (person) {
    const query = person[1] ?? "";
    return { kind: "person", query, start: caret - query.length - 1 };
  }
  const room = /(?:^|[\s(（，。、：])#([^\s#]{0,40})$/u.exec(before);
  if (room) {
    const query = room[1] ?? "";
    return { kind: "room", query, start: caret - query.length - 1 };
  }
  const emoji = /(?:^|\s):([\p{L}\d_+-]{0,30})$/u.exec(before);
  if (emoji && (emoji[1] ?? "").length >= EMOJI_QUERY_CHARS_MIN) {
    const query = emoji[1] ?? "";
    return { kind: "emoji", query, start: caret - query.length - 1 };
  }
  return null;
}

/** 0 is the best fit, null is none: start of a name, pinyin, initials, start of a later word or syllable. */
export function personFit(
  person: Pick<Person, "name" | "display_name" | "pinyin">,
  query: string,
): number | null {
  const wanted = query.toLowerCase();
  if (wanted === "") return 3;
  const shown = person.display_name.toLowerCase();
  const handle = person.name.toLowerCase();
  if (shown.startsWith(wanted) || handle.startsWith(wanted)) return 0;
  const syllables = person.pinyin.toLowerCase().split(" ").filter(Boolean);
  if (syllables.join("").startsWith(wanted)) return 1;
  if (
    syllables.length > 0 &&
    syllables
      .map((syllable) => syllable[0])
      .join("")
      .startsWith(wanted)
  )
    return 1;
  if (shown.split(/[\s._-]+/).some((word) => word.startsWith(wanted))) return 2;
  if (syllables.some((_, index) => syllables.slice(index).join("").startsWith(wanted))) return 2;
  return null;
}

/** Whether the sign's word already names somebody or everybody in full: Enter then sends. As the server reads handles. */
export function isSpelledOut(people: readonly Person[], query: string): boolean {
  const wanted = query.toLowerCase();
  return (
    EVERYBODY.includes(wanted) ||
    people.some((person) => !person.deactivated && person.name.toLowerCase() === wanted)
  );
}

/** The people to offer, best first; members of the room before others. */
export function peopleFor(people: Person[], query: string, near: ReadonlySet<string>): Person[] {
  return people
    .filter((person) => !person.deactivated)
    .flatMap((person) => {
      const fit = personFit(person, query);
      return fit === null ? [] : [{ person, rank: fit + (near.has(person.id) ? 0 : 0.5) }];
    })
    .sort((a, b) => a.rank - b.rank || a.person.display_name.localeCompare(b.person.display_name, "zh"))
    .slice(0, OFFERS_MAX)
    .map(({ person }) => person);
}

/** The rooms with a name to offer, best first. */
export function roomsFor(rooms: Room[], query: string): Room[] {
  return rooms
    .filter((room) => room.name !== "" && !room.archived)
    .flatMap((room) => {
      const fit = personFit({ name: room.name, display_name: room.name, pinyin: room.pinyin }, query);
      return fit === null ? [] : [{ room, fit }];
    })
    .sort((a, b) => a.fit - b.fit || a.room.name.localeCompare(b.room.name, "zh"))
    .slice(0, OFFERS_MAX)
    .map(({ room }) => room);
}

/** Puts the choice in place of what was typed; answers the text and where the caret stands then. */
export function choose(
  text: string,
  caret: number,
  query: SuggestQuery,
  choice: string,
): { text: string; caret: number } {
  const rest = text.slice(caret);
  const gap = rest.startsWith(" ") ? "" : " ";
  const head = text.slice(0, query.start) + choice + gap;
  return { text: head + rest, caret: head.length + (gap === "" ? 1 : 0) };
}
