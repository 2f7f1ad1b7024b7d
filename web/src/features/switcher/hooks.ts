// What the switcher reads, and how its list follows the keys.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { mayHost, mayModerate } from "../../client/rights";
import type { RoomId, SearchHit } from "../../client/types";
import { useMe, useRoomsState } from "../../ui/plaza";
import { type ActionName, type Known, type Section, scopeOf, sections } from "./sections";

const TYPING_PAUSE_MS = 180;
const HITS_MAX = 5;
const QUERY_CHARS_MIN = 2;

function useActions(): ActionName[] {
  const { t } = useTranslation();
  const me = useMe();
  const all: ActionName[] = [
    { action: "create-room", label: t("switcher.action.createRoom"), alias: t("switcher.alias.createRoom") },
    { action: "invite", label: t("switcher.action.invite"), alias: t("switcher.alias.invite") },
    { action: "search", label: t("switcher.action.search"), alias: t("switcher.alias.search") },
    { action: "settings", label: t("switcher.action.settings"), alias: t("switcher.alias.settings") },
    { action: "admin", label: t("switcher.action.admin"), alias: t("switcher.alias.admin") },
  ];
  const asks = { "create-room": mayHost, invite: mayHost, admin: mayModerate };
  return all.filter(({ action }) => !(action in asks) || asks[action as keyof typeof asks](me));
}

/** Rooms, people and actions for a query. Open rooms that nobody told of yet are asked for once. */
export function useSections(query: string, here: RoomId | null): Section[] {
  const me = useMe();
  const hosts = mayHost(me);
  const mine = useRoomsState((state) => state.rooms);
  const listed = useRoomsState((state) => state.listed);
  const people = useRoomsState((state) => state.people);
  const actions = useActions();
  const all = useQuery({ queryKey: ["rooms"], queryFn: api.rooms, staleTime: 60_000 });
  const known = useMemo<Omit<Known, "actions">>(() => {
    const told = all.data?.rooms.filter(
      (room) => mine[room.id] === undefined && listed[room.id] === undefined,
    );
    const rooms = [
      ...Object.values(mine),
      ...Object.values(listed),
      ...(told ?? []).filter((room) => room.me === null),
    ];
    // A guest cannot begin a talk: only people they have one with lead anywhere.
    const peers = new Set(Object.values(mine).flatMap((room) => (room.kind === "direct" ? room.peers : [])));
    const reachable = Object.values(people).filter((person) => hosts || peers.has(person.id));
    return { rooms, people: reachable, here, me: me?.id ?? "" };
  }, [mine, listed, people, all.data, here, me?.id, hosts]);
  return sections(query, { ...known, actions });
}

/** Messages that have the words, the newest few, from all my rooms. */
export function useSaidHere(query: string): SearchHit[] {
  const [asked] = useDebouncedValue(query, TYPING_PAUSE_MS);
  const { scope, rest } = scopeOf(asked);
  const enabled = scope === null && [...rest].length >= QUERY_CHARS_MIN;
  const hits = useQuery({
    queryKey: ["said-here", rest],
    queryFn: ({ signal }) => api.search({ q: rest, limit: HITS_MAX }, signal),
    placeholderData: keepPreviousData,
    enabled,
    retry: false,
  });
  return enabled && scopeOf(query).rest !== "" ? (hits.data?.hits ?? []) : [];
}

/** Keeps the chosen line in sight without moving the focus out of the field. */
export function useInSight(list: RefObject<HTMLElement | null>, id: string | undefined): void {
  useEffect(() => {
    if (id !== undefined)
      list.current?.querySelector(`#${CSS.escape(id)}`)?.scrollIntoView({ block: "nearest" });
  }, [list, id]);
}
