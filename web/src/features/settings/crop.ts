// The square that is cut out of a picture: where it is and how large. Pure.

export interface Size {
  width: number;
  height: number;
}

export interface Crop {
  /** 1 takes the largest square that fits, larger takes less of the picture. */
  zoom: number;
  /** The middle of the square as a share of the picture, 0 to 1. */
  x: number;
  y: number;
}

export interface SourceSquare {
  left: number;
  top: number;
  side: number;
}

export const ZOOM_MAX = 4;
export const MIDDLE: Crop = { zoom: 1, x: 0.5, y: 0.5 };

const between = (low: number, value: number, high: number) => Math.min(high, Math.max(low, value));

/** The square in the picture's own pixels, never outside of it. */
export function sourceSquare(size: Size, crop: Crop): SourceSquare {
  const side = Math.min(size.width, size.height) / between(1, crop.zoom, ZOOM_MAX);
  return {
    side,
    left: between(0, crop.x * size.width - side / 2, size.width - side),
    top: between(0, crop.y * size.height - side / 2, size.height - side),
  };
}

/** Moves the picture under the frame by so many frame pixels; the middle stays where a square can be. */
export function moved(size: Size, crop: Crop, by: { x: number; y: number }, framePx: number): Crop {
  const { side } = sourceSquare(size, crop);
  const scale = side / framePx;
  const [marginX, marginY] = [side / 2 / size.width, side / 2 / size.height];
  return {
    ...crop,
    x: between(marginX, crop.x - (by.x * scale) / size.width, 1 - marginX),
    y: between(marginY, crop.y - (by.y * scale) / size.height, 1 - marginY),
  };
}

/** Another zoom about the same middle, as far as the edges allow. */
export function zoomed(size: Size, crop: Crop, zoom: number): Crop {
  return moved(size, { ...crop, zoom: between(1, zoom, ZOOM_MAX) }, { x: 0, y: 0 }, 1);
}
