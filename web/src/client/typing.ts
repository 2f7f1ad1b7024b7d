// Who is typing in the room on screen, and that I am. A word that is not renewed fades by itself.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Channel, Connection } from "./connection";
import type { PersonId, RoomId, TimeMs } from "./types";

export const TYPING_FADES_MS = 6000;
const RENEW_MS = 3000;

export interface TypingState {
  room: RoomId | null;
  /** Person → when the word fades. */
  until: Record<PersonId, TimeMs>;
}

export interface TypingWorld {
  subscribe: Connection["subscribe"];
  now(): TimeMs;
  later(work: () => void, ms: number): () => void;
}

export interface Typing {
  store: StoreApi<TypingState>;
  /** Follows this room and no other. */
  follow(room: RoomId | null): void;
  /** A key was pressed in the composer. */
  typed(): void;
  /** Sent, or nothing is left in the composer. */
  rested(): void;
  /** Their message is here, so they have stopped. */
  heard(person: PersonId): void;
  /** The line is gone: nobody can be heard typing. */
  cutOff(): void;
}

export function withoutFaded(until: Record<PersonId, TimeMs>, now: TimeMs): Record<PersonId, TimeMs> {
  return Object.fromEntries(Object.entries(until).filter(([, time]) => time > now));
}

export function createTyping(world: TypingWorld): Typing {
  const store = createStore<TypingState>(() => ({ room: null, until: {} }));
  let channel: Channel | null = null;
  let toldAt: TimeMs | null = null;
  let fading = false;

  function fadeLater(): void {
    if (fading) return;
    fading = true;
    world.later(fade, 1000);
  }

  function fade(): void {
    fading = false;
    const until = withoutFaded(store.getState().until, world.now());
    store.setState({ until });
    if (Object.keys(until).length > 0) fadeLater();
  }

  function forget(person: PersonId): void {
    const { [person]: gone, ...until } = store.getState().until;
    if (gone !== undefined) store.setState({ until });
  }

  return {
    store,
    follow(room) {
      if (store.getState().room === room) return;
      channel?.close();
      channel = null;
      toldAt = null;
      store.setState({ room, until: {} });
      if (room === null) return;
      channel = world.subscribe(`typing:${room}`, {
        onPublication(data, from) {
          if (from === null) return;
          if (!(data as { on?: boolean }).on) return forget(from);
          store.setState({ until: { ...store.getState().until, [from]: world.now() + TYPING_FADES_MS } });
          fadeLater();
        },
      });
    },
    typed() {
      if (toldAt !== null && world.now() - toldAt < RENEW_MS) return;
      toldAt = world.now();
      channel?.publish({ on: true });
    },
    rested() {
      if (toldAt === null) return;
      toldAt = null;
      channel?.publish({ on: false });
    },
    heard: forget,
    cutOff() {
      toldAt = null;
      if (Object.keys(store.getState().until).length > 0) store.setState({ until: {} });
    },
  };
}
