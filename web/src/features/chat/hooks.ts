import { type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { personName } from "../../client/names";
import type { OutboxItem } from "../../client/outbox";
import { emptyTimeline, type Timeline } from "../../client/timeline";
import type {
  ErrorCode,
  MessageEvent,
  PersonId,
  Reaction,
  Room,
  RoomId,
  Seq,
  SystemEvent,
} from "../../client/types";
import { clock, daysAgo, exactTime, longDay, span } from "../../lib/time";
import { useNow } from "../../ui/hooks";
import { useMe, usePlaza, useRoomsState } from "../../ui/plaza";
import type { MentionName, RoomName } from "./markdown";
import { isNewAbove, type Row, rowsOf } from "./rows";
import { type Phrase, phrasesOf } from "./system";

/** Opens the room's timeline, or the piece of it around `target`, and follows it. */
export function useTimeline(
  room: RoomId,
  target: Seq | null,
): { timeline: Timeline; error: ErrorCode | null } {
  const plaza = usePlaza();
  const timeline = useStore(plaza.timelines.store, (state) => state.byRoom[room] ?? emptyTimeline);
  const error = useStore(plaza.timelines.store, (state) => state.errors[room] ?? null);
  useEffect(() => {
    void plaza.timelines.open(room, target ?? undefined);
  }, [plaza, room, target]);
  return { timeline, error };
}

export function usePending(room: RoomId): OutboxItem[] {
  const plaza = usePlaza();
  return useStore(
    plaza.outbox.store,
    useShallow((state) => state.items.filter((item) => item.room === room)),
  );
}

export interface RowsView {
  rows: Row[];
  /** New messages are older than what is held. */
  unheldNew: boolean;
}

export function useRows(room: RoomId, timeline: Timeline, newAfter: Seq | null, onlyTalk: boolean): RowsView {
  const pending = usePending(room);
  const me = useMe()?.id ?? "";
  return useMemo(() => {
    const input = {
      lines: timeline.lines,
      pending,
      me,
      fromStart: timeline.generation > 0 && !timeline.hasBefore,
      toEnd: !timeline.hasAfter,
      newAfter,
    };
    const rows = rowsOf(input);
    const shown = onlyTalk ? rows.filter((row) => row.type !== "day" && row.type !== "system") : rows;
    return { rows: shown, unheldNew: isNewAbove(input) };
  }, [
    timeline.lines,
    timeline.generation,
    timeline.hasBefore,
    timeline.hasAfter,
    pending,
    me,
    newAfter,
    onlyTalk,
  ]);
}

/** Above which seq the new line stands: where I had read to when the room was opened or the window was left. */
export function useNewAfter(room: RoomId, lastSeq: Seq): { newAfter: Seq | null; clear: () => void } {
  const mark = useRoomsState((state) => state.rooms[room]?.me ?? null);
  const fresh = useRoomsState((state) => state.fresh);
  const [newAfter, setNewAfter] = useState<Seq | null>(() =>
    mark && mark.unread > 0 ? mark.read_seq : null,
  );
  const latest = useRef({ mark, lastSeq, newAfter });
  latest.current = { mark, lastSeq, newAfter };
  useEffect(() => {
    const now = latest.current.mark;
    if (fresh && now !== null && now.unread > 0) setNewAfter(now.read_seq);
  }, [fresh]);
  useEffect(() => {
    let before: Seq | null = null;
    const onBlur = () => {
      before = latest.current.newAfter;
      setNewAfter(latest.current.lastSeq);
    };
    const onFocus = () => {
      if (latest.current.newAfter === latest.current.lastSeq) setNewAfter(before);
    };
    window.addEventListener("blur", onBlur);
    window.addEventListener("focus", onFocus);
    return () => {
      window.removeEventListener("blur", onBlur);
      window.removeEventListener("focus", onFocus);
    };
  }, []);
  return { newAfter, clear: () => setNewAfter(null) };
}

/** Marks the room as read: by what is answered here, or by Escape when nothing else took the key. */
export function useMarkRead(room: Room, onRead: () => void): () => void {
  const plaza = usePlaza();
  const latest = useRef({ room, onRead });
  latest.current = { room, onRead };
  const read = useCallback(() => {
    const { room: now, onRead: done } = latest.current;
    if (now.me !== null && now.last_message !== null) plaza.read(now.id, now.last_message.seq);
    done();
  }, [plaza]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      read();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [read]);
  return read;
}

/** How many new messages there are and since when, for the bar above the timeline. */
export function useNewCount(room: Room, rows: Row[], newAfter: Seq | null): { count: number; time: string } {
  const me = useMe()?.id;
  const { i18n } = useTranslation();
  const news = rows.flatMap((row) =>
    row.type === "message" && row.message.author !== me && row.message.seq > (newAfter ?? 0)
      ? [row.message]
      : [],
  );
  const first = news[0];
  return {
    count: Math.max(news.length, room.me?.unread ?? 0),
    time: first === undefined ? "" : clock(first.at, i18n.language),
  };
}

export function useDayLabel(at: number): string {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const days = daysAgo(at, now);
  if (days === 0) return t("chat.today");
  if (days === 1) return t("chat.yesterday");
  return longDay(at, now, i18n.language);
}

export function useTimes(at: number): { short: string; exact: string } {
  const { i18n } = useTranslation();
  return { short: clock(at, i18n.language), exact: exactTime(at, i18n.language) };
}

/** The people a message mentions, by every name that may stand in its text. */
export function useMentionNames(message: { mentions: PersonId[]; mention_all: boolean }): MentionName[] {
  const people = useRoomsState(useShallow((state) => message.mentions.map((id) => state.people[id])));
  const me = useMe()?.id;
  return useMemo(() => {
    const names = people.flatMap((person): MentionName[] => {
      if (person === undefined) return [];
      const about = { shown: person.display_name, me: person.id === me };
      return [
        { text: person.display_name, ...about },
        { text: person.name, ...about },
      ];
    });
    const all = ["all", "所有人"].map((text) => ({ text, shown: text, me: true }));
    return message.mention_all ? [...names, ...all] : names;
  }, [people, me, message.mention_all]);
}

/** The rooms a text names behind a #, of those I can see. */
export function useRoomNames(text: string): RoomName[] {
  const ids = useRoomsState(
    useShallow((state) => {
      if (!text.includes("#")) return [];
      const seen = [...Object.values(state.rooms), ...Object.values(state.listed)];
      return seen
        .filter(({ name }) => name !== "" && text.includes(`#${name}`))
        .map(({ id, name }) => `${id} ${name}`);
    }),
  );
  return useMemo(
    () =>
      ids.map((each) => {
        const [id = "", ...name] = each.split(" ");
        return { text: name.join(" "), address: `${window.location.origin}/r/${id}` };
      }),
    [ids],
  );
}

/** A link to a room or message of this place is followed in this page. */
export function useLinksInside(): (event: MouseEvent) => void {
  const [, go] = useLocation();
  return useCallback(
    (event) => {
      const link = (event.target as Element).closest("a");
      if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (link.origin !== window.location.origin || !link.pathname.startsWith("/r/")) return;
      event.preventDefault();
      go(link.pathname);
    },
    [go],
  );
}

/** Whom a text will mention once the server has read it: those whose handle stands behind an @. */
export function useLikelyMentions(text: string): PersonId[] {
  return useRoomsState(
    useShallow((state) =>
      Object.values(state.people)
        .filter((person) => text.includes(`@${person.name}`))
        .map((person) => person.id),
    ),
  );
}

/** "A", "A and B", "A and 3 others". */
export function useNameList(): (ids: PersonId[]) => string {
  const { t } = useTranslation();
  const people = useRoomsState((state) => state.people);
  return (ids) => {
    const [a, b] = ids.map((id) => personName(people[id]));
    if (a === undefined) return t("chat.someone");
    if (b === undefined) return a;
    if (ids.length === 2) return t("chat.system.and", { a, b });
    return t("chat.system.andOthers", { a, count: ids.length - 1 });
  };
}

export function usePhrases(events: SystemEvent[]): { text: string; time: string } {
  const { t, i18n } = useTranslation();
  const names = useNameList();
  const { exact } = useTimes(events.at(-1)?.at ?? 0);
  const say = ({ kind, who, whom, value, ms }: Phrase, index: number, all: Phrase[]): string => {
    if (kind === "call_ended") {
      const words = who.length > 1 ? "chat.system.call_ended" : "chat.system.call_missed";
      return t(words, { who: names(who), duration: span(ms, i18n.language) });
    }
    // Who did one thing and then another is named once.
    const again = index > 0 && String(all[index - 1]?.who) === String(who);
    const about = { who: again ? "" : names(who), whom: names(whom), name: value, topic: value };
    if (kind === "speakers")
      return t(value === "chosen" ? "chat.system.stage" : "chat.system.stageEnd", about);
    const words =
      kind === "topic" && value === "" ? "chat.system.topicCleared" : (`chat.system.${kind}` as const);
    return t(words, about).trim();
  };
  return { text: phrasesOf(events).map(say).join(t("chat.system.comma")), time: exact };
}

const REACTORS_NAMED_MAX = 8;

/** Who reacted, for a chip's title. */
export function useReactors({ emoji, users }: Reaction): string {
  const { t } = useTranslation();
  const me = useMe()?.id;
  const people = useRoomsState((state) => state.people);
  const named = users.slice(0, REACTORS_NAMED_MAX);
  const names = named.map((id) => (id === me ? t("chat.reaction.mine") : personName(people[id]))).join(", ");
  const more = users.length - named.length;
  return t("chat.reaction.by", {
    emoji,
    names: more > 0 ? t("chat.reaction.more", { names, count: more }) : names,
  });
}

const PENDING_DIM_MS = 500;

/** True when the server has let a post wait long enough to say so. */
export function useIsLate(at: number): boolean {
  const [late, setLate] = useState(() => Date.now() - at >= PENDING_DIM_MS);
  useEffect(() => {
    if (late) return;
    const timer = setTimeout(() => setLate(true), Math.max(0, PENDING_DIM_MS - (Date.now() - at)));
    return () => clearTimeout(timer);
  }, [at, late]);
  return late;
}

/** Names of those who type in this room, without me. */
export function useTypers(room: RoomId): string[] {
  const plaza = usePlaza();
  const me = useMe()?.id;
  const until = useStore(plaza.typing.store, (state) => (state.room === room ? state.until : null));
  const people = useRoomsState((state) => state.people);
  useEffect(() => {
    plaza.typing.follow(room);
    return () => plaza.typing.follow(null);
  }, [plaza, room]);
  return Object.keys(until ?? {})
    .filter((id) => id !== me)
    .map((id) => personName(people[id]));
}

/** The last message that I may edit. */
export function lastOwn(timeline: Timeline, me: PersonId): MessageEvent | null {
  for (let index = timeline.lines.length - 1; index >= 0; index -= 1) {
    const line = timeline.lines[index];
    if (line?.kind === "message" && line.author === me && !line.deleted) return line;
  }
  return null;
}
