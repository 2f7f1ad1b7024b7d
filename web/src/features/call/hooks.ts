// What the stage needs of the page: sizes, full screen, keys, the clock, names.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { api } from "../../client/api";
import { personName } from "../../client/names";
import type { Person, PersonId, Room } from "../../client/types";
import { running } from "../../lib/time";
import { isIn } from "../../media/call";
import { viewOf } from "../../media/floor";
import { endsTalk, type KeyAction, keyAction } from "../../media/keys";
import { type QualityWords, qualityOf } from "../../media/quality";
import { canRecognise, recognise } from "../../media/recogniser";
import type { CallSession } from "../../media/session";
import type { MediaStats } from "../../media/stats";
import { useCallPreferences } from "../../ui/calls";
import { useRoomsState } from "../../ui/plaza";
import { type CallContextValue, useCall, useCallState, useFloor } from "./context";

/** The size of an element, as it changes. */
export function useSize(ref: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const read = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}

/** A person of the call by id; somebody unknown has at least the id, of which the tile is made. */
export function useSomebody(id: PersonId): { person: Pick<Person, "id" | "avatar">; name: string } {
  const person = useRoomsState((state) => state.people[id]);
  return { person: person ?? { id, avatar: null }, name: personName(person) };
}

export function useNameOf(): (id: PersonId) => string {
  const people = useRoomsState((state) => state.people);
  return (id) => personName(people[id]);
}

/** "A, B, C and 4 more". */
export function useNames(ids: readonly PersonId[], namedMax = 3): string {
  const nameOf = useNameOf();
  const { t } = useTranslation("call");
  const names = ids.slice(0, namedMax).map(nameOf).join(", ");
  const more = ids.length - namedMax;
  return more > 0 ? t("preview.andMore", { names, count: more }) : names;
}

/** How long one has been in, as a clock. */
export function useCallClock(): string {
  const joinedAt = useCallState((state) => state.joinedAt);
  const started = useCall().room.call?.started_at;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (joinedAt === null) return "";
  return running(now - Math.min(joinedAt, started ?? joinedAt));
}

/** Full screen where the browser has it for elements; else the stage fills the page. */
export function useFullScreen(ref: RefObject<HTMLElement | null>) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const onChange = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, []);
  const toggle = useCallback(() => {
    if (document.fullscreenElement !== null) return void document.exitFullscreen();
    const element = ref.current;
    if (element?.requestFullscreen === undefined) return setFull((now) => !now);
    element.requestFullscreen().catch(() => setFull(true));
  }, [ref]);
  return { full, toggle };
}

const OPERABLE =
  "button, a, select, summary, [role=menuitem], [role=option], [role=separator], [role=slider]";
const WRITABLE = "input, textarea, select, [contenteditable]";

/** The keys of a call, for as long as one is in. `do` is asked with what a key means. */
export function useCallKeys(session: CallSession, act: (action: Exclude<KeyAction, "talk">) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.repeat || document.querySelector("dialog[open]") !== null) {
        if (event.repeat && event.key === " " && session.store.getState().held) event.preventDefault();
        return;
      }
      const focus = document.activeElement;
      const action = keyAction({
        key: event.key,
        alt: event.altKey,
        control: event.ctrlKey || event.metaKey,
        shift: event.shiftKey,
        writing: focus?.matches(WRITABLE) ?? false,
        operable: focus?.matches(OPERABLE) ?? false,
      });
      if (action === null || !isIn(session.store.getState().phase)) return;
      if (action === "talk") {
        if (session.store.getState().wish.microphone) return;
        session.hold(true);
      } else latest.current(action);
      event.preventDefault();
      event.stopPropagation();
    };
    const letGo = () => {
      if (session.store.getState().held) session.hold(false);
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (endsTalk(event.key)) letGo();
    };
    window.addEventListener("keydown", onKeyDown, true);
    window.addEventListener("keyup", onKeyUp, true);
    window.addEventListener("blur", letGo);
    return () => {
      letGo();
      window.removeEventListener("keydown", onKeyDown, true);
      window.removeEventListener("keyup", onKeyUp, true);
      window.removeEventListener("blur", letGo);
    };
  }, [session]);
}

/** What every part of the stage is handed. */
export function useCallValue(
  session: CallSession,
  room: Room,
  onRefused: (error: unknown) => void,
): CallContextValue {
  const mayModerate = useStore(session.store, (state) => state.keep);
  const moderate: CallContextValue["moderate"] = (user, act) => {
    const work =
      act === "remove"
        ? api.removeFromCall(room.id, user)
        : api.moderateCall(
            room.id,
            user,
            act === "mute" ? { muted: true } : { may_speak: act === "let_speak" },
          );
    work.catch(onRefused);
  };
  const end = () => void api.endCall(room.id).catch(onRefused);
  return { session, room, mayModerate, moderate, end };
}

const LOOK_EVERY_MS = 2000;

/** The numbers of the call, read again and again while somebody looks. */
export function useStats(): MediaStats | null {
  const { session } = useCall();
  const [stats, setStats] = useState<MediaStats | null>(null);
  useEffect(() => {
    let gone = false;
    const look = () =>
      void session.look().then(
        (next) => !gone && next !== null && setStats(next),
        () => undefined,
      );
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [session]);
  return stats;
}

/** My own line in words. */
export function useMyQuality(stats: MediaStats | null): QualityWords {
  const line = useCallState((state) => state.people.find((person) => person.me)?.quality ?? "unknown");
  return qualityOf({
    line,
    rttMs: stats?.rttMs ?? null,
    lossShare: stats?.lossShare ?? null,
    upKbps: stats?.availableUpKbps ?? null,
  });
}

export function useView() {
  return useFloor(viewOf);
}

/** Turns what I say into captions, while that is chosen and my microphone is open. */
export function useMyCaptions(): void {
  const { session } = useCall();
  const [{ captions }] = useCallPreferences();
  const open = useCallState(({ phase, wish }) => phase.name === "in" && wish.microphone);
  const { i18n } = useTranslation();
  useEffect(() => {
    if (!captions || !open || !canRecognise()) return;
    return recognise(i18n.language === "zh" ? "zh-CN" : navigator.language, session.say);
  }, [captions, open, session, i18n.language]);
}
