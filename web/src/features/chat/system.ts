// System lines in words: what several events of one kind come to. Pure.
import type { PersonId, SystemEvent } from "../../client/types";

export interface Phrase {
  kind: SystemEvent["kind"];
  who: PersonId[];
  whom: PersonId[];
  /** The new name or topic. */
  value: string;
}

function phraseOf(event: SystemEvent): Phrase {
  const base = { kind: event.kind, who: [event.author], whom: [], value: "" };
  switch (event.kind) {
    case "added":
    case "removed":
      return { ...base, whom: event.users };
    case "renamed":
      return { ...base, value: event.name };
    case "topic":
      return { ...base, value: event.topic };
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

/** Joins and leaves of many are one phrase; so are people added by one; of two new names the last counts. */
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
    } else if (merges && (next.kind === "topic" || next.kind === "renamed") && same(last.who, next.who)) {
      last.value = next.value;
    } else phrases.push(next);
  }
  return phrases;
}
