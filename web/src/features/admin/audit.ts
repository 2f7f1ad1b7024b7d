// A line of the log of changes in words. Pure: names are looked up by the caller.
import type { AuditEntry } from "../../client/types";

/** Actions that have a sentence of their own (`admin.action.*`). */
const KNOWN = [
  "filter_rule_create",
  "filter_rule_change",
  "filter_rule_delete",
  "filter_block",
  "filter_mask",
  "filter_log",
  "invite_create",
  "invite_revoke",
  "password_change",
  "person_role",
  "person_deactivate",
  "person_activate",
  "person_reset_password",
  "place_rename",
  "token_create",
  "token_revoke",
  "key_create",
  "key_revoke",
  "secret_create",
  "secret_rotate",
  "secret_revoke",
  "ban_create",
  "ban_lift",
  "revocation_create",
  "revocation_delete",
  "webhook_create",
  "webhook_change",
  "webhook_delete",
  "connection_disconnect",
  "connection_unsubscribe",
  "channel_publish",
] as const;
export type KnownAction = (typeof KNOWN)[number];

/** The action as one that has a sentence, however its words are joined; null for one this client does not know. */
export function knownAction(action: string): KnownAction | null {
  const joined = plainAction(action).replace(/ /g, "_");
  return KNOWN.find((known) => known === joined) ?? null;
}

/** `filter.rule.create` becomes `filter rule create`: readable where no sentence is known. */
export function plainAction(action: string): string {
  return action.replace(/[._-]+/g, " ").toLowerCase();
}

function plainValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** The detail as `key: value` pairs; a bare text stays as it is. */
export function detailPairs(detail: AuditEntry["detail"]): string[] {
  if (detail === null || detail === undefined || detail === "") return [];
  if (typeof detail !== "object") return [plainValue(detail)];
  return Object.entries(detail)
    .map(([key, value]) => [key.replace(/_/g, " "), plainValue(value)] as const)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key}: ${value}`);
}

/** An id says nothing to a person; anything else (an invitation's code, a name) is shown as it is. */
export function shownObject(object: string): string {
  return /^[a-z][0-9a-z]{11}$/.test(object) ? "" : object;
}
