// What the search panel reads.
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../../client/api";
import type { PersonId, RoomId } from "../../client/types";
import { ranked } from "../../lib/match";
import { useRoomsState } from "../../ui/plaza";
import type { Typing } from "./query";

const TYPING_PAUSE_MS = 250;
const PAGE = 20;
const SUGGESTIONS_MAX = 6;

export interface Asked {
  q: string;
  room: RoomId | null;
  from: PersonId | null;
}

/** Hits page by page, the newest first; asks when the typing pauses. */
export function useHits(asked: Asked) {
  const [settled] = useDebouncedValue(asked, TYPING_PAUSE_MS);
  return useInfiniteQuery({
    queryKey: ["search", settled.q, settled.room, settled.from],
    queryFn: ({ pageParam, signal }) => {
      const { q, room, from } = settled;
      const query = { q, limit: PAGE, ...(room && { room }), ...(from && { from }) };
      return api.search(pageParam === null ? query : { ...query, cursor: pageParam }, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (previous, last) => (last?.queryKey[1] === "" ? undefined : previous),
    enabled: settled.q !== "",
    retry: false,
  });
}

export interface Suggestion {
  kind: "in" | "from";
  id: string;
  label: string;
}

/** Rooms or people for a filter half typed. */
export function useSuggestions(typed: Typing | null): Suggestion[] {
  const rooms = useRoomsState((state) => state.rooms);
  const people = useRoomsState((state) => state.people);
  if (typed === null) return [];
  const { kind } = typed;
  if (kind === "in") {
    const named = Object.values(rooms).filter((room) => room.name !== "");
    return ranked(typed.value, named, (room) => ({ text: room.name, pinyin: room.pinyin }))
      .slice(0, SUGGESTIONS_MAX)
      .map(({ item }) => ({ kind, id: item.id, label: item.name }));
  }
  return ranked(typed.value, Object.values(people), (one) => ({
    text: `${one.display_name} ${one.name}`,
    pinyin: one.pinyin,
  }))
    .slice(0, SUGGESTIONS_MAX)
    .map(({ item }) => ({ kind, id: item.id, label: item.display_name }));
}
