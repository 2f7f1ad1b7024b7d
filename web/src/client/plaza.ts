// One logged-in browser: owns the stores and keeps them true. The only place where the client's parts meet.
import { createStore, type StoreApi } from "zustand/vanilla";
import { api } from "./api";
import { type Connection, createConnection } from "./connection";
import { createDrafts, type Drafts } from "./drafts";
import { asApiError } from "./error";
import { createOutbox, type Outbox } from "./outbox";
import { type PresenceWatch, watchPresence } from "./presence";
import { createReadMarks, type ReadMarks } from "./readmarks";
import {
  applyBootstrap,
  applyPlaceEvent,
  applyRoom,
  applyUserEvent,
  emptyRooms,
  isOlderThan,
  markRead,
  type RoomsState,
} from "./rooms";
import { createDeviceStorage } from "./storage";
import { createTimelines, type Timelines } from "./timelines";
import type {
  Bootstrap,
  EventPage,
  FileInfo,
  MessageEvent,
  PersonId,
  PlaceEvent,
  Posted,
  ReadMark,
  ReplyTo,
  Room,
  RoomEvent,
  RoomId,
  Seq,
  UserEvent,
} from "./types";
import { createTyping, type Typing } from "./typing";

export interface Plaza {
  rooms: StoreApi<RoomsState>;
  connection: Connection;
  timelines: Timelines;
  outbox: Outbox;
  drafts: Drafts;
  typing: Typing;
  /** Paints what the device holds, reads what the server knows, stays connected. Throws ApiError
   *  (`unauthenticated` when nobody is logged in); offline with a copy on the device is no failure. */
  start(): Promise<void>;
  stop(): void;
  /** Ends the session here and empties what the device holds. */
  logOut(): Promise<void>;
  post(room: RoomId, about: { text: string; reply_to: ReplyTo | null; files: FileInfo[] }): void;
  /** Each paints at once and takes it back when the server refuses (then throws ApiError). */
  edit(room: RoomId, message: MessageEvent, text: string): Promise<void>;
  remove(room: RoomId, seq: Seq): Promise<void>;
  react(room: RoomId, seq: Seq, emoji: string, on: boolean): Promise<void>;
  read(room: RoomId, seq: Seq): void;
  unreadFrom(room: RoomId, seq: Seq): void;
  /** The room whose newest lines are being looked at, or null. */
  watch(room: RoomId | null): void;
  /** Reads one room, also an open one I am not in. Throws ApiError. */
  lookUp(room: RoomId): Promise<void>;
  /** A room as a REST call answered it. */
  tookRoom(room: Room): void;
  /** The direct room with a person, made when there is none. */
  direct(person: PersonId): Promise<RoomId>;
}

const KEEP_AFTER_MS = 800;

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function later(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

/** Runs the latest work given under a key, once, a little later. */
function lazily(ms: number): (key: string, work: () => void) => void {
  const waiting = new Map<string, () => void>();
  return (key, work) => {
    if (!waiting.has(key)) {
      setTimeout(() => {
        const latest = waiting.get(key);
        waiting.delete(key);
        latest?.();
      }, ms);
    }
    waiting.set(key, work);
  };
}

function asBootstrap({ me, place, rooms, people }: RoomsState): Bootstrap | null {
  if (me === null || place === null) return null;
  return { me, place, rooms: Object.values(rooms), people: Object.values(people) };
}

export function createPlaza(): Plaza {
  const rooms = createStore<RoomsState>(() => emptyRooms);
  const storage = createDeviceStorage();
  const drafts = createDrafts(window.localStorage);
  const keepSoon = lazily(KEEP_AFTER_MS);
  let presence: PresenceWatch | null = null;
  let unfollow: (() => void) | null = null;
  /** Events of my own stream that came while bootstrap was on its way. */
  let held: UserEvent[] | null = null;

  const connection = createConnection({ onConnected: () => void onConnected(), onServerPublication });

  const timelines = createTimelines({
    events: (room, query) => api.events(room, query),
    subscribe: connection.subscribe,
    cached: (room) => storage.page(room),
    onNewest: (room: RoomId, page: EventPage) => keepSoon(room, () => void storage.keepPage(room, page)),
    onEvent: onRoomEvent,
  });

  const outbox: Outbox = createOutbox({
    send: async (room, draft) => (await connection.rpc<Posted>("post", { room, ...draft })).event,
    onPosted: (item, event) => timelines.posted(item.room, event),
    storage: storage.outbox,
    now: Date.now,
    newId,
    later,
  });

  const typing = createTyping({ subscribe: connection.subscribe, now: Date.now, later });

  const marks: ReadMarks = createReadMarks({
    send: (room, seq, rewind) =>
      connection.rpc<ReadMark>("read", rewind ? { room, seq, rewind } : { room, seq }),
    onMark: (room, mark) => rooms.setState((state) => applyUserEvent(state, { kind: "read", room, ...mark })),
    later,
  });

  function onRoomEvent(_room: RoomId, event: RoomEvent): void {
    if (event.kind !== "message") return;
    typing.heard(event.author);
    if (event.client_id !== null && event.author === rooms.getState().me?.id) outbox.settle(event.client_id);
  }

  function takeUserEvent(event: UserEvent): void {
    rooms.setState((state) => applyUserEvent(state, event));
    if (event.kind === "activity_deleted") void readRoom(event.room);
    if (event.kind === "room_gone") {
      timelines.forget(event.room);
      void storage.dropPage(event.room);
    }
  }

  function onServerPublication(channel: string, data: unknown): void {
    if (channel === "place") {
      rooms.setState((state) => applyPlaceEvent(state, data as PlaceEvent));
    } else if (channel.startsWith("user:")) {
      held?.push(data as UserEvent);
      takeUserEvent(data as UserEvent);
    }
  }

  async function readRoom(id: RoomId): Promise<void> {
    try {
      const room = await api.room(id);
      rooms.setState((state) => applyRoom(state, room));
    } catch {
      // Gone or out of reach: the next bootstrap tells.
    }
  }

  async function readBootstrap(): Promise<void> {
    held = [];
    try {
      const data = await api.bootstrap();
      const missed: UserEvent[] = held;
      rooms.setState((state) => {
        let next = applyBootstrap(state, data);
        for (const event of missed) if (!isOlderThan(next, event)) next = applyUserEvent(next, event);
        return next;
      });
    } finally {
      held = null;
    }
  }

  async function onConnected(): Promise<void> {
    outbox.setOnline(true);
    presence?.tell();
    marks.flush();
    await readBootstrap().catch(() => undefined);
  }

  async function paintKept(): Promise<Bootstrap | null> {
    const kept = await storage.bootstrap();
    if (kept !== null && rooms.getState().me === null) {
      rooms.setState((state) => applyBootstrap(state, kept, false));
    }
    return kept;
  }

  async function firstRead(kept: Bootstrap | null): Promise<void> {
    try {
      await readBootstrap();
    } catch (error) {
      // With a copy on the device one can read and write; the connection tells when the server is back.
      if (kept === null || !asApiError(error).temporary) throw error;
    }
    const me = rooms.getState().me;
    if (me !== null && kept !== null && kept.me.id !== me.id) {
      await storage.clear();
      drafts.forgetAll();
    }
  }

  async function optimistic(undo: () => void, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      undo();
      throw asApiError(error);
    }
  }

  const head = () => ({ seq: 0, at: Date.now(), author: rooms.getState().me?.id ?? "" });

  function stop(): void {
    unfollow?.();
    unfollow = null;
    presence?.stop();
    presence = null;
    connection.close();
    outbox.setOnline(false);
    timelines.stop();
    typing.follow(null);
    marks.stop();
    rooms.setState(emptyRooms, true);
  }

  return {
    rooms,
    connection,
    timelines,
    outbox,
    drafts,
    typing,
    async start() {
      const kept = await paintKept();
      await firstRead(kept);
      if (unfollow !== null) return;
      const stops = [
        connection.state.subscribe(({ value }) => {
          if (value !== "online") outbox.setOnline(false);
        }),
        rooms.subscribe((state) => {
          const data = asBootstrap(state);
          if (data !== null && state.fresh) keepSoon("bootstrap", () => void storage.keepBootstrap(data));
        }),
      ];
      unfollow = () => {
        for (const each of stops) each();
      };
      const data = asBootstrap(rooms.getState());
      if (data !== null && rooms.getState().fresh) void storage.keepBootstrap(data);
      presence = watchPresence({
        send: (state) => connection.rpc("presence", { state }),
        now: Date.now,
      });
      await outbox.load();
      connection.connect();
    },
    stop,
    async logOut() {
      await api.logOut().catch(() => undefined);
      stop();
      drafts.forgetAll();
      await storage.clear();
    },
    post(room, about) {
      outbox.add(room, about);
      typing.rested();
    },
    async edit(room, message, text) {
      const { seq, rev, mentions, mention_all } = message;
      const painted = { target: seq, text, rev: rev + 0.5, edited_at: Date.now(), mentions, mention_all };
      const undo = timelines.paint(room, { ...head(), kind: "edited", ...painted });
      await optimistic(undo, connection.rpc("edit", { room, seq, text }));
    },
    async remove(room, seq) {
      const undo = timelines.paint(room, { ...head(), kind: "deleted", target: seq });
      await optimistic(undo, connection.rpc("delete", { room, seq }));
    },
    async react(room, seq, emoji, on) {
      const undo = timelines.paint(room, { ...head(), kind: "reacted", target: seq, emoji, on });
      await optimistic(undo, connection.rpc("react", { room, seq, emoji, on }));
    },
    read(room, seq) {
      rooms.setState((state) => markRead(state, room, seq));
      marks.advance(room, seq);
    },
    unreadFrom: (room, seq) => marks.rewind(room, seq - 1),
    watch(room) {
      if (rooms.getState().watching !== room) rooms.setState({ watching: room });
    },
    async lookUp(id) {
      const room = await api.room(id);
      rooms.setState((state) => applyRoom(state, room));
    },
    tookRoom: (room) => rooms.setState((state) => applyRoom(state, room)),
    async direct(person) {
      const known = Object.values(rooms.getState().rooms).find(
        (room) => room.kind === "direct" && room.peers.includes(person),
      );
      if (known !== undefined) return known.id;
      const room = await api.createRoom({ kind: "direct", name: "", topic: "", members: [person] });
      rooms.setState((state) => applyRoom(state, room));
      return room.id;
    },
  };
}
