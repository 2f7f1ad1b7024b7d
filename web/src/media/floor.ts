// The floor of a call: who stands where, who is large. Follows the session's people; what is chosen by hand is kept here.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { TimeMs } from "../client/types";
import type { CallState } from "./call";
import {
  inOrder,
  largeTile,
  noSpeech,
  SPEAKER_HOLD_MS,
  type Speech,
  speechAt,
  type Tile,
  tilesOf,
  type View,
  withSpeakersVisible,
} from "./tiles";

export interface FloorState {
  tiles: Tile[];
  /** Keys of the tiles, in the order they are shown. */
  order: string[];
  /** The key of the large tile of the speaker view. */
  large: string | null;
  pinned: string | null;
  /** What was chosen; null leaves it to what is shown: a screen is shown large. */
  chosen: View | null;
  visibleMax: number;
  speech: Speech;
}

export interface Floor {
  store: StoreApi<FloorState>;
  /** Pins a tile, or lets it go when it is pinned. */
  pin(key: string): void;
  show(view: View): void;
  /** How many tiles the grid has room for. */
  fit(visibleMax: number): void;
}

const empty: FloorState = {
  tiles: [],
  order: [],
  large: null,
  pinned: null,
  chosen: null,
  visibleMax: Number.POSITIVE_INFINITY,
  speech: noSpeech,
};

export function viewOf({ chosen, pinned, tiles }: FloorState): View {
  if (pinned !== null) return "speaker";
  return chosen ?? (tiles.some(({ kind }) => kind === "screen") ? "speaker" : "grid");
}

/** Pure: the floor after the people of the call changed, or after some time. */
export function floorAt(before: FloorState, people: CallState["people"], now: TimeMs): FloorState {
  const tiles = tilesOf(people);
  const speech = speechAt(before.speech, people, now);
  const pinned = tiles.some(({ key }) => key === before.pinned) ? before.pinned : null;
  const placed = inOrder(before.order, tiles);
  const order = withSpeakersVisible(placed, tiles, speech.spokeAt, before.visibleMax);
  const large = largeTile({ tiles, pinned, before: before.large, speakingSince: speech.since, now });
  return { ...before, tiles, order, large, pinned, speech };
}

export interface FloorWorld {
  now(): TimeMs;
  later(work: () => void, ms: number): () => void;
}

export function createFloor(session: StoreApi<CallState>, { now, later }: FloorWorld): Floor {
  const store = createStore<FloorState>(() => empty);
  const look = () => store.setState((state) => floorAt(state, session.getState().people, now()), true);
  let looking = false;
  session.subscribe(({ people, phase }, before) => {
    if (phase.name === "idle" || phase.name === "ended") {
      if (store.getState() !== empty) store.setState(empty, true);
      return;
    }
    if (people === before.people) return;
    look();
    // Who began to speak takes the large tile after a moment, if they still do.
    if (looking || !people.some(({ speaking }) => speaking)) return;
    looking = true;
    later(() => {
      looking = false;
      look();
    }, SPEAKER_HOLD_MS);
  });
  return {
    store,
    pin(key) {
      store.setState((state) => ({ pinned: state.pinned === key ? null : key }));
      look();
    },
    show: (view) => store.setState({ chosen: view, pinned: null }),
    fit(visibleMax) {
      if (store.getState().visibleMax === visibleMax) return;
      store.setState({ visibleMax });
      look();
    },
  };
}
