import { useMutation, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { api } from "../../client/api";
import { isHere, personName, roomName } from "../../client/names";
import { applyMemberCount, isTalk } from "../../client/rooms";
import { lastCrossing } from "../../client/timeline";
import type { Person, PersonId, Room, RoomId, Seq } from "../../client/types";
import { shortTime, span } from "../../lib/time";
import { useNow } from "../../ui/hooks";
import { useMe, usePlaza, useRoomsState } from "../../ui/plaza";
import { calls, type Section, sectionsOf } from "./sections";

export function useSections(current: RoomId | null, merged: boolean): Section[] {
  const state = useRoomsState((whole) => whole);
  const held = useHeldUnread(current);
  return useMemo(() => sectionsOf(state, { merged, held }), [state, merged, held]);
}

/** The room one went into because it was unread: it stays among the unread until one leaves it. */
function useHeldUnread(current: RoomId | null): RoomId | null {
  const room = useRoomsState((state) => (current === null ? undefined : state.rooms[current]));
  const held = useRef<RoomId | null>(null);
  if (held.current !== current) held.current = null;
  if (room !== undefined && calls(room)) held.current = room.id;
  return held.current;
}

export interface Excerpt {
  text: string;
  time: string;
  draft: boolean;
}

/** The second line of a row in the phone's list. */
export function useExcerpt(room: Room): Excerpt {
  const { t, i18n } = useTranslation();
  const plaza = usePlaza();
  const me = useMe();
  const now = useNow();
  const draft = useStore(plaza.drafts.store, (state) => state.byRoom[room.id]?.text ?? "");
  const last = room.last_message;
  const author = useRoomsState((state) => (last === null ? undefined : state.people[last.author]));
  const time = last === null ? "" : shortTime(last.at, now, i18n.language);
  if (draft !== "") return { text: draft, time, draft: true };
  if (last === null) return { text: room.topic, time: "", draft: false };
  const mine = last.author === me?.id;
  if (last.call) {
    const words = t("rooms.call.was", { duration: span(last.call.duration_ms, i18n.language) });
    return { text: last.call.participants.length > 1 ? words : t("rooms.call.missed"), time, draft: false };
  }
  const speaker = mine ? t("common.you") : isTalk(room) && room.kind === "direct" ? "" : personName(author);
  return { text: speaker === "" ? last.excerpt : `${speaker}: ${last.excerpt}`, time, draft: false };
}

/** Arrow keys walk the rows of a list, Tab leaves it: one stop for the keyboard. */
export function useRoving() {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const rows = [...(ref.current?.querySelectorAll<HTMLElement>("[data-nav]") ?? [])];
    const focused = rows.find((row) => row === document.activeElement);
    const stop = focused ?? rows.find((row) => row.hasAttribute("aria-current")) ?? rows[0];
    for (const row of rows) row.tabIndex = row === stop ? 0 : -1;
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...(ref.current?.querySelectorAll<HTMLElement>("[data-nav]") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? undefined : rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row === undefined) return;
    event.preventDefault();
    for (const each of rows) each.tabIndex = each === row ? 0 : -1;
    row.focus();
  };
  return { ref, onKeyDown };
}

export function useRoomName(room: Room | undefined): string {
  const people = useRoomsState((state) => state.people);
  return room === undefined ? "" : roomName(room, people);
}

/** The last line of the room, as far as held, that says who came or went. */
function useLastCrossing(room: RoomId): Seq {
  const plaza = usePlaza();
  return useStore(plaza.timelines.store, (state) => lastCrossing(state.byRoom[room]?.lines ?? []));
}

/** Whom the room has. The list is read anew when somebody comes or goes, and the room's count follows it. */
function useMemberList(room: RoomId) {
  const plaza = usePlaza();
  const crossing = useLastCrossing(room);
  const query = useQuery({
    queryKey: ["members", room, crossing],
    queryFn: () => api.members(room),
    placeholderData: (before) => before,
  });
  const count = query.isPlaceholderData ? undefined : query.data?.members.length;
  useEffect(() => {
    if (count !== undefined) plaza.rooms.setState((state) => applyMemberCount(state, room, count));
  }, [plaza, room, count]);
  return query;
}

/** The members of a room as people, those who are here first. */
export function useMembers(room: RoomId): { members: Person[]; loading: boolean; reload: () => void } {
  const people = useRoomsState((state) => state.people);
  const query = useMemberList(room);
  const members = useMemo(() => {
    const weight = { active: 0, away: 1, offline: 2, unknown: 2 };
    const found = (query.data?.members ?? []).flatMap(({ user }) => people[user] ?? []);
    return found.sort(
      (a, b) => weight[a.presence] - weight[b.presence] || a.display_name.localeCompare(b.display_name, "zh"),
    );
  }, [query.data, people]);
  return { members, loading: query.isPending, reload: () => void query.refetch() };
}

/** The people with whom there is a direct talk already. */
export function useTalkPeers(): ReadonlySet<PersonId> {
  const rooms = useRoomsState((state) => state.rooms);
  return useMemo(
    () => new Set(Object.values(rooms).flatMap((room) => (room.kind === "direct" ? room.peers : []))),
    [rooms],
  );
}

/** Who made the room, from the first line of its log; null while that is not known. */
export function useMaker(room: RoomId): PersonId | null {
  const first = useQuery({
    queryKey: ["maker", room],
    queryFn: () => api.events(room, { after: 0, limit: 1 }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const line = first.data?.events[0];
  return line?.kind === "created" ? line.author : null;
}

/** A change of a room by REST; the answer goes into the store. */
export function useRoomChange<T>(work: (value: T) => Promise<Room>) {
  const plaza = usePlaza();
  return useMutation({ mutationFn: work, onSuccess: (room) => plaza.tookRoom(room) });
}

/** People that fit a typed name, by name and pinyin, without those already chosen. */
export function usePeopleFinder(without: ReadonlySet<PersonId>) {
  const [query, setQuery] = useState("");
  const people = useRoomsState((state) => state.people);
  const found = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    return Object.values(people)
      .filter((person) => !person.deactivated && !without.has(person.id))
      .filter((person) =>
        [person.display_name, person.name, person.pinyin.replaceAll(" ", "")].some((name) =>
          name.toLowerCase().includes(wanted),
        ),
      )
      .sort((a, b) => a.display_name.localeCompare(b.display_name, "zh"));
  }, [people, query, without]);
  return { query, setQuery, found };
}

const FACES_MAX = 4;

/** A few members for the header, those here first, and how many are here: null when that is not known. */
export function useHeaderFaces(room: Room): { faces: Person[]; online: number | null } {
  const { members } = useMembers(room.id);
  const known = members.every((person) => person.presence !== "unknown");
  return { faces: members.slice(0, FACES_MAX), online: known ? members.filter(isHere).length : null };
}

/** Unread messages in other rooms that may disturb. */
export function useOthersUnread(except: RoomId): number {
  return useRoomsState((state) =>
    Object.values(state.rooms).reduce(
      (sum, room) => sum + (room.id !== except && calls(room) ? (room.me?.unread ?? 0) : 0),
      0,
    ),
  );
}
