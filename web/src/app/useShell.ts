import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useRoute } from "wouter";
import { useShallow } from "zustand/react/shallow";
import { roomName } from "../client/names";
import { totals } from "../client/rooms";
import type { PersonId, Room, RoomId } from "../client/types";
import type { PanelName } from "../features/rooms/RoomHeader";
import { calls, neighbour, roomsInOrder, sectionsOf } from "../features/rooms/sections";
import { useNotices } from "../features/settings/hooks";
import { useCallsState } from "../ui/calls";
import { faviconHref } from "../ui/MarkSvg";
import { usePlaza, useRoomsState } from "../ui/plaza";
import { titleOf } from "./pageState";
import { preload } from "./pages";

const LAST_ROOM = "plaza.last_room";

export type Overlay = "switcher" | "shortcuts" | "create" | "invite" | null;

/** The room the address names. */
export function useCurrentRoom(): { id: RoomId | null; seq: number | null } {
  const [exact, params] = useRoute<{ room: string; seq?: string }>("/r/:room/:seq?");
  const seq = Number(params?.seq);
  return exact
    ? { id: params.room, seq: Number.isInteger(seq) && seq > 0 ? seq : null }
    : { id: null, seq: null };
}

/** Where "/" leads on a wide screen: the last room, else what is unread, else the first room there was. */
export function useHomeRoom(): RoomId | null {
  return useRoomsState((state) => {
    const last = localStorage.getItem(LAST_ROOM);
    if (last !== null && state.rooms[last] !== undefined) return last;
    const rooms = Object.values(state.rooms).filter((room) => !room.archived);
    const unread = rooms.find((room) => (room.me?.unread ?? 0) > 0);
    const first = rooms.sort((a, b) => a.created_at - b.created_at)[0];
    return (unread ?? first)?.id ?? null;
  });
}

export function useRememberRoom(room: RoomId | null): void {
  useEffect(() => {
    if (room !== null) localStorage.setItem(LAST_ROOM, room);
  }, [room]);
}

/** The first room of the place: where everybody who comes in lands. */
export function useLobby(): Room | null {
  return useRoomsState(
    useShallow(
      (state) =>
        Object.values(state.rooms)
          .filter((room) => room.kind === "open")
          .sort((a, b) => a.created_at - b.created_at)[0] ?? null,
    ),
  );
}

export function usePageState(current: RoomId | null): void {
  const place = useRoomsState((state) => state.place?.name ?? "");
  const name = useRoomsState((state) => {
    const room = current === null ? undefined : state.rooms[current];
    return room === undefined ? "" : roomName(room, state.people);
  });
  const sum = useRoomsState(useShallow(totals));
  const called = useCallsState(({ phase }) => phase === "in" || phase === "reconnecting");
  useEffect(() => {
    document.title = titleOf(place, name, sum);
    const icon = faviconHref(sum.mentions > 0 ? "mention" : called ? "call" : "quiet");
    document.querySelector("link[rel=icon]")?.setAttribute("href", icon);
  }, [place, name, sum, called]);
}

/** iOS keeps the page tall behind its keyboard; the visual viewport tells what is really seen. */
export function useViewportHeight(): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (viewport === null) return;
    const apply = () => {
      if (viewport.scale > 1.01) return;
      document.documentElement.style.setProperty("--app-height", `${viewport.height}px`);
    };
    apply();
    viewport.addEventListener("resize", apply);
    return () => viewport.removeEventListener("resize", apply);
  }, []);
}

export interface ShellKeys {
  onOverlay: (overlay: Overlay) => void;
  /** True when something was closed. */
  onEscape: () => boolean;
  /** Shows or hides the list of rooms. */
  onList: () => void;
}

function isWriting(): boolean {
  return document.activeElement?.matches("input, textarea, select, [contenteditable]") ?? false;
}

/** Keys typed while the switcher is on its way belong to it, not to the field that still has the focus. */
function useEarlyKeys() {
  const early = useRef<string | null>(null);
  return useMemo(
    () => ({
      begin() {
        early.current = "";
      },
      /** True when the key was taken. */
      take(event: KeyboardEvent, modal: boolean): boolean {
        if (modal) early.current = null;
        if (early.current === null || event.ctrlKey || event.metaKey || event.altKey) return false;
        if (event.key === "Backspace") early.current = early.current.slice(0, -1);
        else if (event.key.length === 1) early.current += event.key;
        else return false;
        return true;
      },
      typed: () => early.current ?? "",
    }),
    [],
  );
}

/** Loads what is likely wanted next once the page has nothing to do. */
export function useIdlePreload(): void {
  useEffect(() => {
    if (!("requestIdleCallback" in window)) {
      const timer = setTimeout(() => void preload(), 2000);
      return () => clearTimeout(timer);
    }
    const idle = requestIdleCallback(() => void preload(), { timeout: 4000 });
    return () => cancelIdleCallback(idle);
  }, []);
}

/** The keys that work everywhere inside; answers what was typed ahead for the switcher. */
export function useShellKeys({ onOverlay, onEscape, onList }: ShellKeys): () => string {
  const plaza = usePlaza();
  const early = useEarlyKeys();
  const [, go] = useLocation();
  const { id } = useCurrentRoom();
  const latest = useRef({ id, onOverlay, onEscape, onList });
  latest.current = { id, onOverlay, onEscape, onList };
  useEffect(() => {
    const walk = (step: 1 | -1, unread: boolean) => {
      const sections = sectionsOf(plaza.rooms.getState(), { merged: false, held: null });
      const next = neighbour(roomsInOrder(sections), latest.current.id, step, unread ? calls : () => true);
      if (next !== null) go(`/r/${next}`);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing) return;
      const modal = document.querySelector("dialog[open]") !== null;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        if (!modal) early.begin();
        latest.current.onOverlay("switcher");
      } else if (early.take(event, modal)) {
        event.preventDefault();
        event.stopPropagation();
      } else if ((event.ctrlKey || event.metaKey) && event.key === "\\") {
        event.preventDefault();
        latest.current.onList();
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        walk(event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
      } else if (event.key === "?" && !isWriting() && !modal) {
        latest.current.onOverlay("shortcuts");
      } else if (event.key === "Escape" && !modal && latest.current.onEscape()) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener("keydown", onKeyDown, true);
    return () => window.removeEventListener("keydown", onKeyDown, true);
  }, [plaza, go, early]);
  return early.typed;
}

const LIST = "plaza.list";

/** Whether the list of rooms stands beside the room; remembered on this device. */
function useListShown() {
  const [shown, setShown] = useState(() => localStorage.getItem(LIST) !== "hidden");
  const toggle = useCallback(() => {
    setShown((now) => {
      localStorage.setItem(LIST, now ? "hidden" : "shown");
      return !now;
    });
  }, []);
  return { shown, toggle };
}

/** What is open over or beside the room. */
export function useShellState() {
  const plaza = usePlaza();
  const [, go] = useLocation();
  const { id } = useCurrentRoom();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [panel, setPanel] = useState<PanelName | null>(null);
  const list = useListShown();
  const typed = useShellKeys({
    onList: list.toggle,
    onOverlay: setOverlay,
    onEscape: () => {
      const open = panel !== null;
      setPanel(null);
      return open;
    },
  });
  const openPerson = useCallback(
    (person: PersonId) => void plaza.direct(person).then((room) => go(`/r/${room}`)),
    [plaza, go],
  );
  const openRoom = useCallback(
    (room: RoomId, seq?: number) => go(seq === undefined ? `/r/${room}` : `/r/${room}/${seq}`),
    [go],
  );
  useNotices(id, openRoom);
  return useMemo(
    () => ({
      id,
      overlay,
      setOverlay,
      typed,
      list: { shown: list.shown, toggle: list.toggle },
      panel,
      setPanel,
      togglePanel: (name: PanelName) => setPanel((now) => (now === name ? null : name)),
      openRoom,
      openPerson,
      go,
    }),
    [id, overlay, typed, list.shown, list.toggle, panel, openRoom, openPerson, go],
  );
}

export type ShellState = ReturnType<typeof useShellState>;

/** An open room I am not in is asked for once; what is not there is told. */
export function useUnknownRoom(id: RoomId, known: boolean): boolean {
  const plaza = usePlaza();
  const fresh = useRoomsState((state) => state.fresh);
  const [missing, setMissing] = useState<RoomId | null>(null);
  useEffect(() => {
    if (known || !fresh) return;
    let current = true;
    plaza.lookUp(id).catch(() => {
      if (current) setMissing(id);
    });
    return () => {
      current = false;
    };
  }, [plaza, id, known, fresh]);
  return missing === id && !known;
}
