// One call at a time on this device: runs the machine of `call.ts` over a media link, and keeps what the screen reads.
// No React, no page: the world it needs is handed in.
import { createStore, type StoreApi } from "zustand/vanilla";
import { asApiError } from "../client/error";
import type { CallGrant, ErrorCode, PersonId, RoomId, TimeMs } from "../client/types";
import {
  type CallState,
  type Effect,
  type EndReason,
  type Input,
  idleCall,
  isIn,
  step,
  type Wish,
} from "./call";
import { type DeviceKind, problemOf } from "./devices";
import { createFloor, type Floor } from "./floor";
import { type CreateLink, LinkError, type LinkEvents, type MediaLink } from "./link";
import type { Source } from "./people";
import type { CallPreferences } from "./preferences";
import { type MediaStats, type StatTotals, statsOf, totalsOf, uniqueEntries } from "./stats";
import type { TileKind } from "./tiles";

export interface SessionWorld {
  me(): PersonId;
  grant(room: RoomId): Promise<CallGrant>;
  loadLink(): Promise<CreateLink>;
  preferences: StoreApi<CallPreferences>;
  now(): TimeMs;
  /** Runs the work later; the answer takes it back. */
  later(work: () => void, ms: number): () => void;
  /** 0 to 1, for spreading the returns of many. */
  random(): number;
}

export interface CallSession {
  store: StoreApi<CallState>;
  floor: Floor;
  open(room: RoomId): void;
  join(wish: Wish): void;
  leave(): void;
  toggle(source: Source): void;
  /** The talk key is held or let go. */
  hold(on: boolean): void;
  setHand(up: boolean): void;
  react(emoji: string): void;
  say(caption: { id: string; text: string; final: boolean }): void;
  takeDevice(kind: DeviceKind, id: string | null): void;
  noticed(): void;
  startSound(): void;
  attach(person: PersonId, kind: TileKind, element: HTMLVideoElement): () => void;
  /** The numbers since the last look; null when there is nothing to look at. */
  look(): Promise<MediaStats | null>;
}

const TICK_MS = 1000;

/** Codes that say what is wrong and do not pass by waiting. */
const REASONS: Partial<Record<ErrorCode, EndReason>> = {
  forbidden: "refused",
  unauthenticated: "refused",
  room_archived: "refused",
  not_found: "missing",
  conflict: "full",
};

export function reasonOf(error: unknown): EndReason {
  if (error instanceof LinkError) return error.reason;
  return REASONS[asApiError(error).code] ?? "gone";
}

/** How one goes in when nobody asks. */
export function startingWish({ startMicrophone, startCamera, pushToTalk }: CallPreferences): Wish {
  return { microphone: startMicrophone && !pushToTalk, camera: startCamera, screen: false };
}

/** The link of the moment, with the join it belongs to: what an older one still says is not heard. */
interface Current {
  link: MediaLink | null;
  turn: number;
}

function eventsFor(
  world: SessionWorld,
  current: Current,
  turn: number,
  put: (input: Input) => void,
): LinkEvents {
  const heard = (input: () => Input) => {
    if (current.turn === turn) put(input());
  };
  return {
    onPeople: (people) => heard(() => ({ type: "people", people })),
    onLine: (healthy) => heard(() => ({ type: "line", healthy, at: world.now() })),
    onDropped: (reason) => heard(() => ({ type: "dropped", reason, at: world.now() })),
    onTrouble: (source, problem) => heard(() => ({ type: "trouble", source, problem })),
    onSound: (blocked) => heard(() => ({ type: "sound", blocked })),
    onReaction: (from, emoji) => heard(() => ({ type: "reaction", from, emoji, at: world.now() })),
    onCaption: (caption) => heard(() => ({ type: "caption", caption: { ...caption, at: world.now() } })),
  };
}

function quietly(work: Promise<unknown> | undefined): void {
  work?.catch(() => undefined);
}

export function createSession(world: SessionWorld): CallSession {
  const store = createStore<CallState>(() => idleCall);
  const current: Current = { link: null, turn: 0 };
  let cancelLater: (() => void) | null = null;
  let totals: StatTotals | null = null;

  function put(input: Input): void {
    const { state, effects } = step(store.getState(), input);
    store.setState(state, true);
    for (const effect of effects) run(effect);
    if (state.reactions.length + state.captions.length > 0) tickLater();
  }

  let ticking = false;
  function tickLater(): void {
    if (ticking) return;
    ticking = true;
    world.later(() => {
      ticking = false;
      put({ type: "tick", at: world.now() });
    }, TICK_MS);
  }

  function dropLink(): void {
    quietly(current.link?.disconnect());
    current.link = null;
    current.turn += 1;
    cancelLater?.();
    cancelLater = null;
    totals = null;
  }

  async function connect(room: RoomId): Promise<void> {
    dropLink();
    const { turn } = current;
    try {
      const [grant, createLink] = await Promise.all([world.grant(room), world.loadLink()]);
      if (current.turn !== turn) return;
      const link = createLink(world.preferences.getState(), eventsFor(world, current, turn, put));
      current.link = link;
      await link.connect(grant.url, grant.token);
      if (current.turn === turn) put({ type: "joined", keep: grant.keep, at: world.now() });
    } catch (error) {
      if (current.turn === turn) put({ type: "refused", reason: reasonOf(error), at: world.now() });
    }
  }

  async function send(source: Source, on: boolean): Promise<void> {
    const { link, turn } = current;
    if (link === null) return;
    try {
      await link.send(source, on);
      if (current.turn === turn) put({ type: "sent", source, problem: null });
    } catch (error) {
      if (current.turn !== turn) return;
      const problem = problemOf(error);
      // Closing the browser's own list of screens is no trouble.
      const cancelled = source === "screen" && problem === "refused";
      put({ type: "sent", source, problem: cancelled ? null : problem });
      if (cancelled) put({ type: "wish", source, on: false });
    }
  }

  function run(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        void connect(effect.room);
        break;
      case "rejoin_later":
        dropLink();
        cancelLater = world.later(
          () => put({ type: "rejoin" }),
          Math.round(effect.delayMs * (0.7 + 0.6 * world.random())),
        );
        break;
      case "disconnect":
        dropLink();
        break;
      case "send":
        void send(effect.source, effect.on);
        break;
    }
  }

  world.preferences.subscribe((now, before) => {
    const same =
      now.noiseSuppression === before.noiseSuppression && now.echoCancellation === before.echoCancellation;
    if (!same) quietly(current.link?.clean(now));
  });

  return {
    store,
    floor: createFloor(store, world),
    open(room) {
      const chosen = world.preferences.getState();
      put({ type: "open", room, ask: chosen.ask, wish: startingWish(chosen), at: world.now() });
    },
    join: (wish) => put({ type: "join", wish }),
    leave: () => put({ type: "leave" }),
    toggle: (source) => put({ type: "wish", source, on: !store.getState().wish[source] }),
    hold: (on) => put({ type: "hold", on }),
    setHand: (up) => quietly(current.link?.setHand(up)),
    react(emoji) {
      if (!isIn(store.getState().phase)) return;
      put({ type: "reaction", from: world.me(), emoji, at: world.now() });
      quietly(current.link?.react(emoji));
    },
    say(caption) {
      put({ type: "caption", caption: { ...caption, from: world.me(), at: world.now() } });
      quietly(current.link?.say(caption));
    },
    takeDevice: (kind, id) => quietly(current.link?.useDevice(kind, id)),
    noticed: () => put({ type: "noticed" }),
    startSound: () => quietly(current.link?.startSound()),
    attach: (person, kind, element) => current.link?.attach(person, kind, element) ?? (() => undefined),
    async look() {
      const { link, turn } = current;
      if (link === null) return null;
      const entries = uniqueEntries(await link.reports());
      if (current.turn !== turn || entries.length === 0) return null;
      const after = totalsOf(entries, world.now());
      const stats = statsOf(entries, totals, after);
      totals = after;
      return stats;
    },
  };
}
