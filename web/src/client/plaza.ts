// One logged-in browser: makes the client's parts, joins them, starts and stops them.
import { createStore, type StoreApi } from "zustand/vanilla";
import { type Actions, createActions } from "./actions";
import { api } from "./api";
import { type Connection, createConnection } from "./connection";
import { createDrafts, type Drafts } from "./drafts";
import { asApiError } from "./error";
import { createOutbox, type Outbox } from "./outbox";
import { type PresenceWatch, watchPresence } from "./presence";
import { createReadMarks, type ReadMarks } from "./readmarks";
import { applyBootstrap, applyUserEvent, emptyRooms, type RoomsState, withoutPresence } from "./rooms";
import { createDeviceStorage, type DeviceStorage } from "./storage";
import { createSync, type Sync } from "./sync";
import { createTimelines, type Timelines } from "./timelines";
import type { Bootstrap, Posted, ReadMark, RoomEvent, RoomId } from "./types";
import { createTyping, type Typing } from "./typing";

interface Parts {
  rooms: StoreApi<RoomsState>;
  connection: Connection;
  timelines: Timelines;
  outbox: Outbox;
  drafts: Drafts;
  typing: Typing;
}

export interface Plaza extends Parts, Actions {
  /** Paints what the device holds, reads what the server knows, stays connected. Throws ApiError
   *  (`unauthenticated` when nobody is logged in); offline with a copy on the device is no failure. */
  start(): Promise<void>;
  stop(): void;
  /** Ends the session here and empties what the device holds. */
  logOut(): Promise<void>;
  /** The session was ended elsewhere: what was read goes, what I have not sent yet stays until I am back. */
  lock(): Promise<void>;
  /** Reads one room, also an open one I am not in. Throws ApiError. */
  lookUp(room: RoomId): Promise<void>;
}

const KEEP_AFTER_MS = 800;
/** Whose outbox and drafts this device holds. */
const OWNER = "plaza.owner";

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function later(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

type KeepSoon = (key: string, work: () => void) => void;

/** Runs the latest work given under a key, once, a little later. */
function lazily(ms: number): KeepSoon {
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

interface Joined extends Parts {
  sync: Sync;
  marks: ReadMarks;
  storage: DeviceStorage;
  keepSoon: KeepSoon;
}

/** Makes the parts; each knows of the others only what is handed to it here. */
function joinParts(onConnected: () => void): Joined {
  const rooms = createStore<RoomsState>(() => emptyRooms);
  const storage = createDeviceStorage();
  const keepSoon = lazily(KEEP_AFTER_MS);
  const onGone = (room: RoomId) => {
    timelines.forget(room);
    void storage.dropPage(room);
  };
  const sync = createSync({ rooms, bootstrap: api.bootstrap, room: api.room, onGone });
  const connection = createConnection({ onConnected, onServerPublication: sync.take });
  const typing = createTyping({ subscribe: connection.subscribe, now: Date.now, later });
  const outbox: Outbox = createOutbox({
    send: async (room, draft) => (await connection.rpc<Posted>("post", { room, ...draft })).event,
    onPosted: (item, event) => timelines.posted(item.room, event),
    storage: storage.outbox,
    now: Date.now,
    newId,
    later,
  });
  const onEvent = (_room: RoomId, event: RoomEvent) => {
    if (event.kind !== "message") return;
    typing.heard(event.author);
    if (event.client_id !== null && event.author === rooms.getState().me?.id) outbox.settle(event.client_id);
  };
  const timelines: Timelines = createTimelines({
    events: (room, query) => api.events(room, query),
    subscribe: connection.subscribe,
    cached: storage.page,
    onNewest: (room, page) => keepSoon(room, () => void storage.keepPage(room, page)),
    onEvent,
  });
  const marks = createReadMarks({
    send: (room, seq, rewind) =>
      connection.rpc<ReadMark>("read", rewind ? { room, seq, rewind } : { room, seq }),
    onMark: (room, mark) => rooms.setState((state) => applyUserEvent(state, { kind: "read", room, ...mark })),
    later,
  });
  const drafts = createDrafts(window.localStorage);
  return { rooms, connection, timelines, outbox, drafts, typing, sync, marks, storage, keepSoon };
}

/** Paints the device's copy, then reads the server; another person's copy goes. */
async function firstRead({ rooms, storage, sync, drafts }: Joined): Promise<void> {
  const kept = await storage.bootstrap();
  if (kept !== null && rooms.getState().me === null) {
    rooms.setState((state) => applyBootstrap(state, kept, false));
  }
  try {
    await sync.readAll();
  } catch (error) {
    // With a copy on the device one can read and write; the connection tells when the server is back.
    if (kept === null || !asApiError(error).temporary) throw error;
  }
  const me = rooms.getState().me?.id;
  if (me === undefined) return;
  const owner = window.localStorage.getItem(OWNER) ?? kept?.me.id ?? me;
  if (owner !== me) {
    await storage.clear();
    drafts.forgetAll();
  }
  window.localStorage.setItem(OWNER, me);
}

/** Keeps the device's copy and the outbox in step with the stores; the answer ends it. */
function keepInStep({ rooms, connection, outbox, typing, storage, keepSoon }: Joined): () => void {
  const keep = (state: RoomsState) => {
    const data = asBootstrap(state);
    if (data !== null && state.fresh) keepSoon("bootstrap", () => void storage.keepBootstrap(data));
  };
  keep(rooms.getState());
  const stops = [
    rooms.subscribe(keep),
    connection.state.subscribe(({ value }) => {
      if (value !== "online") outbox.setOnline(false);
      if (value !== "online") typing.cutOff();
      if (value === "offline") rooms.setState(withoutPresence);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export function createPlaza(): Plaza {
  let presence: PresenceWatch | null = null;
  let endStep: (() => void) | null = null;
  const joined: Joined = joinParts(() => {
    // Another tab let somebody else in: nothing that waits here may be sent in their name.
    const owner = window.localStorage.getItem(OWNER);
    if (owner !== null && owner !== joined.rooms.getState().me?.id) return window.location.reload();
    joined.outbox.setOnline(true);
    presence?.tell();
    joined.marks.flush();
    joined.sync.readAll().catch(() => undefined);
  });
  const { rooms, connection, timelines, outbox, drafts, typing, sync, marks, storage } = joined;

  function stop(): void {
    endStep?.();
    endStep = null;
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
    ...createActions({
      rooms,
      rpc: connection.rpc,
      timelines,
      outbox,
      typing,
      marks,
      createRoom: api.createRoom,
    }),
    async start() {
      await firstRead(joined);
      if (endStep !== null) return;
      endStep = keepInStep(joined);
      presence = watchPresence({ send: (state) => connection.rpc("presence", { state }), now: Date.now });
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
    async lock() {
      stop();
      await storage.forgetRead();
    },
    lookUp: sync.readRoom,
  };
}
