// What a role may do on these pages. The server decides; this only decides what is drawn. Pure.
import type { Role } from "../../client/types";

const RANK: Record<Role, number> = { guest: 0, member: 1, moderator: 2, admin: 3, owner: 4 };
export const ROLES: readonly Role[] = ["owner", "admin", "moderator", "member", "guest"];

/** Drawn by `developer/`, fetched when one of them is opened. */
export const DEVELOPER_PAGES = ["connect", "keys", "inspector", "publish", "bans", "webhooks"] as const;
export type DeveloperPage = (typeof DEVELOPER_PAGES)[number];

export const PAGES = [
  "place",
  "invitations",
  "people",
  "rooms",
  "filter",
  "audit",
  ...DEVELOPER_PAGES,
  "health",
] as const;
export type Page = (typeof PAGES)[number];

export const atLeast = (role: Role, least: Role) => RANK[role] >= RANK[least];

/** Moderators keep the word filter; the rest is for administrators. */
export function mayOpen(role: Role, page: Page): boolean {
  return atLeast(role, page === "filter" ? "moderator" : "admin");
}

/** Owners stand above everybody, administrators above everybody who is none. */
export function standsAbove(mine: Role, theirs: Role): boolean {
  return mine === "owner" || (mine === "admin" && !atLeast(theirs, "admin"));
}

/** The roles one may give to a person, the highest first. */
export function givable(mine: Role): Role[] {
  return ROLES.filter((role) => mine === "owner" || (mine === "admin" && !atLeast(role, "admin")));
}

/** The roles an invitation of mine may give: none above my own, and nobody is invited to own the place. */
export function invitable(mine: Role): Role[] {
  return ROLES.filter((role) => role !== "owner" && atLeast(mine, role));
}
