// What people and rooms are called on screen.
import type { Person, PersonId, Room } from "./types";

export function personName(person: Person | undefined): string {
  return person?.display_name || person?.name || "…";
}

/** A room's own name, or its peers' names. A talk whose peers are all gone is called by nobody's name: "…". */
export function roomName(room: Room, people: Record<PersonId, Person>): string {
  if (room.kind !== "direct" && room.kind !== "group") return room.name;
  const names = room.peers.map((id) => personName(people[id]));
  return names.length > 0 ? names.join(", ") : room.name || "…";
}

/** The one other person of a direct room. */
export function peerOf(room: Room): PersonId | null {
  return room.kind === "direct" ? (room.peers[0] ?? null) : null;
}

/** Active or away, as far as one can tell. */
export function isHere({ presence }: Pick<Person, "presence">): boolean {
  return presence === "active" || presence === "away";
}
