// What a role may do in rooms. The server decides; this only decides what is drawn. Pure.
import type { Person, PersonId } from "./types";

type Somebody = Pick<Person, "id" | "role"> | null | undefined;

/** Everybody but guests makes rooms and talks, invites, brings people in and calls everybody. */
export function mayHost(person: Somebody): boolean {
  return person !== null && person !== undefined && person.role !== "guest";
}

/** Owner, administrator and moderator keep order in rooms that others made. */
export function mayModerate(person: Somebody): boolean {
  return person?.role === "owner" || person?.role === "admin" || person?.role === "moderator";
}

/** Renaming and archiving: administrators, and whoever made the room. */
export function mayKeep(person: Somebody, maker: PersonId | null): boolean {
  if (!mayHost(person)) return false;
  return person?.role === "owner" || person?.role === "admin" || person?.id === maker;
}

/** Everybody leaves rooms, but guests not their last one: they could not come back. */
export function mayLeave(person: Somebody, roomsCount: number): boolean {
  return mayHost(person) || roomsCount > 1;
}
