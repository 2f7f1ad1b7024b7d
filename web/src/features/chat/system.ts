// System lines in words: what several events of one kind come to. Pure.
import type { PersonId, SystemEvent } from "../../client/types";

export interface Phrase {
  kind: SystemEvent["kind"];
  who: PersonId[];
  whom: PersonId[];
  /** The new name or topic. */
  value: string;
  /** How long a call was, milliseconds. */
  ms: number;
}

function phraseOf(event: SystemEvent): Phrase {
  const base = { kind: event.kind, who: [event.author], whom: [], value: "", ms: 0 };
  switch (event.kind) {
    case "added":
    case "removed":
      return { ...base, whom: event.users };
    case "renamed":
      return { ...base, value: event.name };
    case "topic":
      return { ...base, value: event.topic };
    case "speakers":
      return { ...base, value: event.speakers };
    case "call_started":
      return { ...base, value: event.call };
    case "call_ended":
      return { ...base, value: event.call, who: event.participants, ms: event.duration_ms };
    case "created":
    case "joined":
    case "left":
    case "archived":
    case "unarchived":
      return base;
  }
}

function same(a: PersonId[], b: PersonId[]): boolean {
  return a.length === b.length && a.every((id, index) => b[index] === id);
}

/** Of several of these by one person only the last counts. */
const REPLACED: ReadonlySet<SystemEvent["kind"]> = new Set(["topic", "renamed", "speakers"] as const);

/** Joins and leaves of many are one phrase; so are people added by one; of two new names the last counts;
 *  and a call that is over is told once. */
export function phrasesOf(events: SystemEvent[]): Phrase[] {
  const phrases: Phrase[] = [];
  for (const event of events) {
    const next = phraseOf(event);
    const last = phrases.at(-1);
    const merges = last !== undefined && last.kind === next.kind;
    if (merges && (next.kind === "joined" || next.kind === "left")) {
      if (!last.who.includes(event.author)) last.who.push(event.author);
    } else if (merges && (next.kind === "added" || next.kind === "removed") && same(last.who, next.who)) {
      last.whom = [...last.whom, ...next.whom];
    } else if (merges && REPLACED.has(next.kind) && same(last.who, next.who)) {
      last.value = next.value;
    } else if (next.kind === "call_ended" && last?.kind === "call_started" && last.value === next.value) {
      phrases[phrases.length - 1] = next;
    } else phrases.push(next);
  }
  return phrases;
}
