// The timelines of the rooms visited last: reads their pages, follows their streams, keeps ten and lets the rest go.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Channel, Connection, StreamPosition, Subscribed } from "./connection";
import { asApiError } from "./error";
import {
  applyChange,
  applyLive,
  applyPage,
  applyPosted,
  asLoading,
  emptyTimeline,
  newestPage,
  type PageSide,
  type Timeline,
  type TimelineStep,
} from "./timeline";
import type { ChangeEvent, ErrorCode, EventPage, MessageEvent, RoomEvent, RoomId, Seq } from "./types";

export const ROOMS_HELD_MAX = 10;
const PAGE_EVENTS = 50;

export interface PageQuery {
  before?: Seq;
  after?: Seq;
  around?: Seq;
  limit?: number;
}

export interface TimelinesState {
  byRoom: Record<RoomId, Timeline>;
  /** Why a room's page could not be read, until it is tried again. */
  errors: Record<RoomId, ErrorCode>;
}

export interface TimelinesWorld {
  events(room: RoomId, query: PageQuery): Promise<EventPage>;
  subscribe: Connection["subscribe"];
  /** The newest page kept on the device, painted until the server answers. */
  cached(room: RoomId): Promise<EventPage | null>;
  /** The newest lines changed: worth keeping. */
  onNewest(room: RoomId, page: EventPage): void;
  onEvent(room: RoomId, event: RoomEvent): void;
}

export interface Timelines {
  store: StoreApi<TimelinesState>;
  /** Shows a room: from memory, else from the device, then from the server. With `around`, that piece of its past. */
  open(room: RoomId, around?: Seq): Promise<void>;
  loadBefore(room: RoomId): Promise<void>;
  loadAfter(room: RoomId): Promise<void>;
  toPresent(room: RoomId): Promise<void>;
  posted(room: RoomId, event: MessageEvent): void;
  /** Paints a change before the server has it; the answer takes it back. */
  paint(room: RoomId, event: ChangeEvent): () => void;
  /** The room is not mine any more. */
  forget(room: RoomId): void;
  /** What should be kept of a room: its newest lines, when they are held. */
  newest(room: RoomId): EventPage | null;
  stop(): void;
}

/** The store with the four things that are done to it. */
function createShelf() {
  const store = createStore<TimelinesState>(() => ({ byRoom: {}, errors: {} }));
  return {
    store,
    held: (room: RoomId): Timeline | undefined => store.getState().byRoom[room],
    set: (room: RoomId, timeline: Timeline) =>
      store.setState((state) => ({ ...state, byRoom: { ...state.byRoom, [room]: timeline } })),
    fail: (room: RoomId, code: ErrorCode | null) =>
      store.setState((state) => {
        const { [room]: _, ...errors } = state.errors;
        return { ...state, errors: code === null ? errors : { ...errors, [room]: code } };
      }),
    remove: (room: RoomId) =>
      store.setState((state) => {
        const { [room]: _, ...byRoom } = state.byRoom;
        return { ...state, byRoom };
      }),
  };
}

/** Makes `item` the newest of the list; answers those that are too many. */
function moveToEnd(list: string[], item: string, countMax: number): string[] {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
  list.push(item);
  return list.slice(0, Math.max(0, list.length - countMax));
}

/** Where to read anew: the newest page, or, for a piece of the past, around its middle. */
function placeOf(timeline: Timeline): PageQuery {
  const middle = timeline.lines[Math.floor(timeline.lines.length / 2)];
  return timeline.hasAfter && middle !== undefined ? { around: middle.seq } : {};
}

/** True when the stream cannot carry on from what is held. */
function isBroken(timeline: Timeline, { recovered, lost, position }: Subscribed): boolean {
  if (lost || timeline.status === "failed") return true;
  if (position === null || timeline.epoch === "") return false;
  const behind = timeline.status === "ready" && timeline.head < position.offset;
  return timeline.epoch !== position.epoch || (behind && !recovered);
}

export function createTimelines(world: TimelinesWorld): Timelines {
  const { store, held, set, fail, remove } = createShelf();
  const channels = new Map<RoomId, Channel>();
  /** Least recently opened first. */
  const recent: RoomId[] = [];
  const busy = new Set<string>();
  /** Counts page reads per room, so that an answer to an old question is dropped. */
  const asked = new Map<RoomId, number>();

  const newest = (room: RoomId) => newestPage(held(room), PAGE_EVENTS);

  function take(room: RoomId, step: TimelineStep): void {
    set(room, step.timeline);
    if (step.need === "reload") void reload(room, placeOf(step.timeline));
    else {
      const page = newest(room);
      if (page !== null) world.onNewest(room, page);
    }
  }

  async function reload(room: RoomId, query: PageQuery): Promise<void> {
    const turn = (asked.get(room) ?? 0) + 1;
    asked.set(room, turn);
    set(room, asLoading(held(room) ?? emptyTimeline));
    try {
      const page = await world.events(room, { limit: PAGE_EVENTS, ...query });
      const timeline = held(room);
      if (asked.get(room) !== turn || timeline === undefined) return;
      fail(room, null);
      take(room, applyPage(timeline, page, "reset"));
    } catch (error) {
      const timeline = held(room);
      if (asked.get(room) !== turn || timeline === undefined) return;
      set(room, { ...timeline, status: "failed" });
      fail(room, asApiError(error).code);
    }
  }

  function follow(room: RoomId, since: StreamPosition | undefined): void {
    if (channels.has(room)) return;
    const channel = world.subscribe(
      `room:${room}`,
      {
        onPublication(data) {
          const event = data as RoomEvent;
          const timeline = held(room);
          if (timeline === undefined) return;
          take(room, applyLive(timeline, event));
          world.onEvent(room, event);
        },
        onSubscribed(about) {
          const timeline = held(room);
          if (timeline !== undefined && isBroken(timeline, about)) void reload(room, placeOf(timeline));
        },
        onRefused(error) {
          fail(room, error.code);
        },
      },
      since,
    );
    channels.set(room, channel);
  }

  function drop(room: RoomId): void {
    channels.get(room)?.close();
    channels.delete(room);
    asked.set(room, (asked.get(room) ?? 0) + 1);
    const index = recent.indexOf(room);
    if (index >= 0) recent.splice(index, 1);
    remove(room);
  }

  function touch(room: RoomId): void {
    for (const old of moveToEnd(recent, room, ROOMS_HELD_MAX)) drop(old);
  }

  async function page(room: RoomId, side: Exclude<PageSide, "reset">): Promise<void> {
    const timeline = held(room);
    const edge = side === "before" ? timeline?.lines[0] : timeline?.lines.at(-1);
    const more = side === "before" ? timeline?.hasBefore : timeline?.hasAfter;
    const key = `${room} ${side}`;
    if (timeline?.status !== "ready" || !edge || !more || busy.has(key)) return;
    busy.add(key);
    try {
      const query = side === "before" ? { before: edge.seq } : { after: edge.seq };
      const answer = await world.events(room, { ...query, limit: PAGE_EVENTS });
      const now = held(room);
      // A reset in between has made this page a piece of something else.
      if (now?.generation === timeline.generation && now.status === "ready") {
        take(room, applyPage(now, answer, side));
      }
    } catch {
      // The edge stays as it was: scrolling there again asks again.
    } finally {
      busy.delete(key);
    }
  }

  /** A room that is not held: painted from the device's copy when there is one, else from a page. */
  async function openNew(room: RoomId, around: Seq | undefined): Promise<void> {
    set(room, emptyTimeline);
    const kept = around === undefined ? await world.cached(room) : null;
    const now = held(room);
    if (now === undefined) return;
    if (kept !== null && now.generation === 0 && now.status === "loading") {
      set(room, applyPage(now, kept, "reset").timeline);
      follow(room, { offset: kept.seq, epoch: kept.epoch });
      return;
    }
    follow(room, undefined);
    await reload(room, around === undefined ? {} : { around });
  }

  async function open(room: RoomId, around?: Seq): Promise<void> {
    touch(room);
    const timeline = held(room);
    if (timeline === undefined) return openNew(room, around);
    const here = around === undefined || timeline.lines.some((line) => line.seq === around);
    if (here && timeline.status !== "failed") return;
    await reload(room, around === undefined ? {} : { around });
  }

  return {
    store,
    open,
    loadBefore: (room) => page(room, "before"),
    loadAfter: (room) => page(room, "after"),
    async toPresent(room) {
      const timeline = held(room);
      if (timeline?.hasAfter || timeline?.status === "failed") await reload(room, {});
    },
    posted(room, event) {
      const timeline = held(room);
      if (timeline !== undefined) set(room, applyPosted(timeline, event));
    },
    paint(room, event) {
      const timeline = held(room);
      if (timeline === undefined) return () => undefined;
      const before = timeline.lines.find((line) => line.seq === event.target);
      set(room, { ...timeline, lines: applyChange(timeline.lines, event) });
      return () => {
        const now = held(room);
        if (now === undefined || before === undefined) return;
        set(room, { ...now, lines: now.lines.map((line) => (line.seq === before.seq ? before : line)) });
      };
    },
    forget: drop,
    newest,
    stop() {
      for (const channel of channels.values()) channel.close();
      channels.clear();
      recent.length = 0;
      store.setState({ byRoom: {}, errors: {} }, true);
    },
  };
}
