import { describe, expect, it } from "vitest";
import { MIDDLE, moved, sourceSquare, zoomed } from "./crop";

const wide = { width: 800, height: 400 };

describe("the square of a picture", () => {
  it("is the largest one in the middle at first", () => {
    expect(sourceSquare(wide, MIDDLE)).toEqual({ left: 200, top: 0, side: 400 });
  });

  it("gets smaller as one zooms in", () => {
    expect(sourceSquare(wide, zoomed(wide, MIDDLE, 2))).toEqual({ left: 300, top: 100, side: 200 });
  });

  it("follows the hand and stops at the edges", () => {
    const left = moved(wide, MIDDLE, { x: 50, y: 30 }, 200);
    expect(sourceSquare(wide, left)).toEqual({ left: 100, top: 0, side: 400 });
    const edge = moved(wide, MIDDLE, { x: 5000, y: 5000 }, 200);
    expect(sourceSquare(wide, edge)).toEqual({ left: 0, top: 0, side: 400 });
  });

  it("stays inside when one zooms out at an edge", () => {
    const corner = moved(wide, zoomed(wide, MIDDLE, 4), { x: 9999, y: 9999 }, 200);
    expect(sourceSquare(wide, zoomed(wide, corner, 1))).toEqual({ left: 0, top: 0, side: 400 });
  });
});
