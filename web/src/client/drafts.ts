// What was begun and not sent, per room, on this device.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ReplyTo, RoomId } from "./types";

export interface Draft {
  text: string;
  reply_to: ReplyTo | null;
}

export interface DraftsState {
  byRoom: Record<RoomId, Draft>;
}

/** The part of `localStorage` that is used. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const KEY = "plaza.drafts";

export interface Drafts {
  store: StoreApi<DraftsState>;
  set(room: RoomId, draft: Draft): void;
  clear(room: RoomId): void;
  forgetAll(): void;
}

function read(storage: TextStorage): Record<RoomId, Draft> {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Record<RoomId, Draft>) : {};
  } catch {
    return {};
  }
}

export function createDrafts(storage: TextStorage): Drafts {
  const store = createStore<DraftsState>(() => ({ byRoom: read(storage) }));
  const keep = (byRoom: Record<RoomId, Draft>) => {
    store.setState({ byRoom });
    try {
      storage.setItem(KEY, JSON.stringify(byRoom));
    } catch {
      // A full or forbidden storage keeps drafts for as long as the page lives.
    }
  };
  const clear = (room: RoomId) => {
    const { [room]: gone, ...rest } = store.getState().byRoom;
    if (gone !== undefined) keep(rest);
  };
  return {
    store,
    set(room, draft) {
      if (draft.text.trim() === "" && draft.reply_to === null) clear(room);
      else keep({ ...store.getState().byRoom, [room]: draft });
    },
    clear,
    forgetAll() {
      store.setState({ byRoom: {} });
      storage.removeItem(KEY);
    },
  };
}
