// Which tiles the stage shows, which one is large, and in which order, so that nothing jumps. Pure.
import type { PersonId } from "../client/types";
import type { MediaPerson } from "./people";

export type TileKind = "camera" | "screen";
export type View = "grid" | "speaker";

export interface Tile {
  /** `<person>:camera` or `<person>:screen`. */
  key: string;
  person: MediaPerson;
  kind: TileKind;
}

export const tileKey = (person: PersonId, kind: TileKind) => `${person}:${kind}`;

/** Everybody's tile, and one more for each screen. Listeners, who send nothing, stand in a line of their own. */
export function tilesOf(people: readonly MediaPerson[]): Tile[] {
  return people.flatMap((person) => {
    const face: Tile[] =
      person.mayPublish || person.camera !== null || person.microphone === "on"
        ? [{ key: tileKey(person.id, "camera"), person, kind: "camera" }]
        : [];
    return person.screen === null
      ? face
      : [{ key: tileKey(person.id, "screen"), person, kind: "screen" }, ...face];
  });
}

export function listenersOf(people: readonly MediaPerson[]): MediaPerson[] {
  return people.filter(
    (person) => !person.mayPublish && person.camera === null && person.microphone !== "on",
  );
}

/** Keeps every place that is still taken, closes up, and puts who came to the end; I stand last. */
export function inOrder(before: readonly string[], tiles: readonly Tile[]): string[] {
  const there = new Set(tiles.map(({ key }) => key));
  const kept = before.filter((key) => there.has(key));
  const known = new Set(kept);
  const fresh = tiles.filter(({ key }) => !known.has(key)).map(({ key }) => key);
  const mine = tiles.find(({ person, kind }) => person.me && kind === "camera")?.key;
  const all = [...kept, ...fresh];
  return mine === undefined ? all : [...all.filter((key) => key !== mine), mine];
}

/**
 * The order in which the first `visibleMax` are shown. Somebody who speaks out of sight takes the place of the one in
 * sight who has been silent longest; nobody else moves.
 */
export function withSpeakersVisible(
  order: readonly string[],
  tiles: readonly Tile[],
  spokeAt: Readonly<Record<PersonId, number>>,
  visibleMax: number,
): string[] {
  const next = [...order];
  const byKey = new Map(tiles.map((tile) => [tile.key, tile]));
  const quietSince = (key: string) => {
    const tile = byKey.get(key);
    if (tile === undefined || tile.kind === "screen" || tile.person.me) return Number.POSITIVE_INFINITY;
    return tile.person.speaking ? Number.POSITIVE_INFINITY : (spokeAt[tile.person.id] ?? 0);
  };
  for (let at = visibleMax; at < next.length; at += 1) {
    const hidden = byKey.get(next[at] ?? "");
    if (hidden === undefined || !hidden.person.speaking || hidden.kind === "screen") continue;
    let longest = -1;
    for (let seat = 0; seat < visibleMax; seat += 1) {
      const since = quietSince(next[seat] ?? "");
      if (since === Number.POSITIVE_INFINITY) continue;
      if (longest < 0 || since < quietSince(next[longest] ?? "")) longest = seat;
    }
    if (longest < 0) break;
    const out = next[longest] ?? "";
    next[longest] = hidden.key;
    next[at] = out;
  }
  return next;
}

/** How long somebody has to speak before the large tile goes over to them: a cough does not take the stage. */
export const SPEAKER_HOLD_MS = 1500;

export interface LargeInput {
  tiles: readonly Tile[];
  pinned: string | null;
  /** The large tile until now. */
  before: string | null;
  /** When each person began the speech they are in. */
  speakingSince: Readonly<Record<PersonId, number>>;
  now: number;
}

/** The tile that is shown large: pinned, else a screen, else who speaks, else who spoke, else somebody but me. */
export function largeTile({ tiles, pinned, before, speakingSince, now }: LargeInput): string | null {
  if (pinned !== null && tiles.some(({ key }) => key === pinned)) return pinned;
  const screens = tiles.filter(({ kind }) => kind === "screen");
  const held = tiles.find(({ key }) => key === before);
  if (screens.length > 0) {
    if (held?.kind === "screen") return held.key;
    return (screens.find(({ person }) => !person.me) ?? screens[0])?.key ?? null;
  }
  const others = tiles.filter(({ person }) => !person.me);
  const speaker = others.find(
    ({ person }) => person.speaking && now - (speakingSince[person.id] ?? now) >= SPEAKER_HOLD_MS,
  );
  const heldSpeaks = held !== undefined && !held.person.me && held.person.speaking;
  if (speaker !== undefined && !heldSpeaks) return speaker.key;
  if (held !== undefined && (!held.person.me || others.length === 0)) return held.key;
  return (others[0] ?? tiles[0])?.key ?? null;
}

export interface GridShape {
  columns: number;
  rows: number;
  /** Pixels of one tile. */
  width: number;
  height: number;
}

const GAP_PX = 10;
const ASPECT = 16 / 9;
/** A tile may be cropped to this on tall screens before it gets smaller. */
const ASPECT_MIN = 1;

/** The number of columns that makes the tiles largest in a box of this size. */
export function gridOf(count: number, width: number, height: number): GridShape {
  let best: GridShape = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - GAP_PX * (columns - 1)) / columns;
    const cellHeight = (height - GAP_PX * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tall = Math.min(cellHeight, cellWidth / ASPECT_MIN);
    const wide = Math.min(cellWidth, tall * ASPECT);
    const area = wide * tall;
    if (area > best.width * best.height) best = { columns, rows, width: wide, height: tall };
  }
  return best;
}

/** How many tiles a grid shows at once: below this width in pixels they would be stamps. */
const TILE_WIDTH_MIN_PX = 140;
const TILES_MAX = 25;

export function visibleCount(count: number, width: number, height: number): number {
  for (let shown = Math.min(count, TILES_MAX); shown > 1; shown -= 1) {
    if (gridOf(shown, width, height).width >= TILE_WIDTH_MIN_PX) return shown;
  }
  return Math.min(count, 1);
}

/** When each began to speak and when each was last heard, from one list of people to the next. */
export interface Speech {
  since: Record<PersonId, number>;
  spokeAt: Record<PersonId, number>;
}

export const noSpeech: Speech = { since: {}, spokeAt: {} };

export function speechAt(before: Speech, people: readonly MediaPerson[], now: number): Speech {
  const since: Record<PersonId, number> = {};
  const spokeAt: Record<PersonId, number> = {};
  for (const { id, speaking } of people) {
    if (speaking) since[id] = before.since[id] ?? now;
    const last = speaking ? now : before.spokeAt[id];
    if (last !== undefined) spokeAt[id] = last;
  }
  return { since, spokeAt };
}
