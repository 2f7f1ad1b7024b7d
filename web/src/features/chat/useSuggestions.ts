import { type KeyboardEvent, useMemo, useState } from "react";
import { mayHost } from "../../client/rights";
import type { Person, Room } from "../../client/types";
import { type Emoji, findEmoji } from "../../lib/emoji";
import { useMe, useRoomsState } from "../../ui/plaza";
import { type CommandName, commandsFor } from "./commands";
import { choose, EVERYBODY, isSpelledOut, peopleFor, queryAt, roomsFor } from "./suggest";

export type Offer =
  | { kind: "person"; key: string; person: Person }
  | { kind: "everyone"; key: string }
  | { kind: "room"; key: string; room: Room }
  | { kind: "emoji"; key: string; emoji: Emoji }
  | { kind: "command"; key: string; command: CommandName };

const EMOJI_OFFERS_MAX = 8;

function insertOf(offer: Offer): string {
  switch (offer.kind) {
    case "person":
      return `@${offer.person.name}`;
    case "everyone":
      return `@${offer.key}`;
    case "room":
      return `#${offer.room.name}`;
    case "emoji":
      return offer.emoji.sign;
    case "command":
      return `/${offer.command}`;
  }
}

/** People, rooms, emoji and commands for the word under the caret, walked by the arrow keys. */
export function useSuggestions(room: Room, text: string, change: (text: string) => void) {
  const people = useRoomsState((state) => state.people);
  const rooms = useRoomsState((state) => state.rooms);
  const listed = useRoomsState((state) => state.listed);
  const myself = useMe();
  const me = myself?.id;
  const hosts = mayHost(myself);
  const [caret, setCaret] = useState(0);
  const [index, setIndex] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const query = useMemo(() => queryAt(text, Math.min(caret, text.length)), [text, caret]);
  const offers = useMemo((): Offer[] => {
    switch (query?.kind) {
      case "person": {
        const others = Object.values(people).filter((person) => person.id !== me);
        const near = new Set(room.peers);
        const found = peopleFor(others, query.query, near).map(
          (person): Offer => ({ kind: "person", key: person.id, person }),
        );
        const word = EVERYBODY.find((one) => one.startsWith(query.query.toLowerCase()));
        const all = word !== undefined && room.kind !== "direct" && hosts;
        return all ? [...found, { kind: "everyone", key: word }] : found;
      }
      case "room":
        return roomsFor([...Object.values(rooms), ...Object.values(listed)], query.query).map((found) => ({
          kind: "room",
          key: found.id,
          room: found,
        }));
      case "emoji":
        return findEmoji(query.query, EMOJI_OFFERS_MAX).map((emoji) => ({
          kind: "emoji",
          key: emoji.sign,
          emoji,
        }));
      case "command":
        return (hosts ? commandsFor(query.query) : []).map((command) => ({
          kind: "command",
          key: command,
          command,
        }));
      case undefined:
        return [];
    }
  }, [query, people, rooms, listed, me, hosts, room.peers, room.kind]);

  const key = query === null ? "" : `${query.kind} ${query.start}`;
  // What is spelled out needs no choice: Enter sends it.
  const spelled =
    query !== null &&
    (query.kind === "person"
      ? isSpelledOut(Object.values(people), query.query)
      : offers.some((offer) => insertOf(offer) === text.slice(query.start, caret)));
  const open = offers.length > 0 && closedFor !== key && !spelled;
  const selected = Math.min(index, offers.length - 1);

  const pick = (offer: Offer | undefined, field: HTMLTextAreaElement | null) => {
    if (offer === undefined || query === null) return;
    const next = choose(text, caret, query, insertOf(offer));
    change(next.text);
    setCaret(next.caret);
    setIndex(0);
    requestAnimationFrame(() => {
      field?.focus();
      field?.setSelectionRange(next.caret, next.caret);
    });
  };

  /** True when the key was for the list. */
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    if (!open || event.shiftKey) return false;
    switch (event.key) {
      case "ArrowDown":
        setIndex((selected + 1) % offers.length);
        return true;
      case "ArrowUp":
        setIndex((selected - 1 + offers.length) % offers.length);
        return true;
      case "Tab":
      case "Enter":
        pick(offers[selected], event.currentTarget);
        return true;
      case "Escape":
        setClosedFor(key);
        return true;
      default:
        return false;
    }
  };

  return { open, offers, selected, pick, onKeyDown, setCaret };
}
