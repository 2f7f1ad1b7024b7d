// How several images share a row: by their stored shapes, so that the place is there before a byte is. Pure.
import type { FileInfo } from "../../client/types";

export const MOSAIC_WIDTH_MAX = 560;
const SINGLE_HEIGHT_MAX = 320;
const ROW_HEIGHT = 132;
export const TILES_MAX = 4;
const RATIO_MIN = 0.5;
const RATIO_MAX = 2.2;

export interface Tile {
  file: FileInfo;
  /** Share of the row, by which the browser divides the width. */
  grow: number;
  /** Images beyond the last tile. */
  more: number;
}

export type Mosaic =
  | { kind: "single"; file: FileInfo; width: number; height: number }
  | { kind: "row"; tiles: Tile[]; ratio: number };

function ratioOf(file: FileInfo): number {
  if (!file.width || !file.height) return 4 / 3;
  return Math.min(RATIO_MAX, Math.max(RATIO_MIN, file.width / file.height));
}

/** One image keeps its shape within bounds; more stand in one row of equal height. */
export function mosaicOf(images: FileInfo[]): Mosaic | null {
  const [only] = images;
  if (only === undefined) return null;
  if (images.length === 1) {
    const width = only.width ?? 400;
    const height = only.height ?? 300;
    const scale = Math.min(1, MOSAIC_WIDTH_MAX / width, SINGLE_HEIGHT_MAX / height);
    return {
      kind: "single",
      file: only,
      width: Math.round(width * scale),
      height: Math.round(height * scale),
    };
  }
  const shown = images.slice(0, TILES_MAX);
  const tiles = shown.map((file, index) => ({
    file,
    grow: ratioOf(file),
    more: index === shown.length - 1 ? images.length - shown.length : 0,
  }));
  const ratios = tiles.reduce((sum, tile) => sum + tile.grow, 0);
  return { kind: "row", tiles, ratio: Math.max(ratios, MOSAIC_WIDTH_MAX / (ROW_HEIGHT * 2)) };
}
