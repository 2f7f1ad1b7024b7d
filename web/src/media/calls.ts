// The door to calls that every page holds: small, because it is in the first load. The session behind it, and the media
// client behind that, are fetched when the first call is opened.
import { createStore, type StoreApi } from "zustand/vanilla";
import { api } from "../client/api";
import type { PersonId, RoomId } from "../client/types";
import type { CallPhase } from "./call";
import { type CallPreferences, preferencesOf } from "./preferences";
import type { CallSession } from "./session";

export interface CallsState {
  /** There from the first call on. */
  session: CallSession | null;
  /** Whose stage is taken by my call, be it its preview or its end. */
  room: RoomId | null;
  phase: CallPhase["name"];
  /** The stage was put away: the call goes on in the small tile. */
  hidden: boolean;
  /** The program of calls could not be fetched. */
  failed: boolean;
}

export interface Calls {
  store: StoreApi<CallsState>;
  preferences: StoreApi<CallPreferences>;
  /** Opens the call of a room: its preview, or, when it shall not ask, the call itself. */
  open(room: RoomId): Promise<void>;
  hide(hidden: boolean): void;
}

const KEY = "plaza.call";

function keptPreferences(storage: Storage): StoreApi<CallPreferences> {
  const store = createStore<CallPreferences>(() => preferencesOf(storage.getItem(KEY)));
  store.subscribe((chosen) => storage.setItem(KEY, JSON.stringify(chosen)));
  return store;
}

function later(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

export function createCalls(me: () => PersonId, storage: Storage): Calls {
  const preferences = keptPreferences(storage);
  const store = createStore<CallsState>(() => ({
    session: null,
    room: null,
    phase: "idle",
    hidden: false,
    failed: false,
  }));

  async function load(): Promise<CallSession> {
    const known = store.getState().session;
    if (known !== null) return known;
    const { createSession } = await import("./session");
    const made = store.getState().session;
    if (made !== null) return made;
    const session = createSession({
      me,
      grant: api.joinCall,
      loadLink: async () => (await import("./livekit")).createLink,
      preferences,
      now: Date.now,
      later,
      random: Math.random,
    });
    session.store.subscribe(({ room, phase }) => {
      const now = store.getState();
      if (now.room !== room || now.phase !== phase.name) store.setState({ room, phase: phase.name });
    });
    store.setState({ session });
    return session;
  }

  return {
    store,
    preferences,
    async open(room) {
      store.setState({ failed: false, hidden: false });
      try {
        (await load()).open(room);
      } catch {
        store.setState({ failed: true });
      }
    },
    hide: (hidden) => store.setState({ hidden }),
  };
}
