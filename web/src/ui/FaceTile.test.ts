import { describe, expect, it } from "vitest";
import { type FaceTile, faceTile, HUES, quarterPath } from "./FaceTile";

const ids = Array.from({ length: 2000 }, (_, n) => `u${n.toString(32).padStart(11, "0")}`);
const drawn = (tile: FaceTile) => JSON.stringify(tile);

describe("a generated face", () => {
  it("is the same whenever it is drawn from the same id", () => {
    expect(faceTile("u06a1b2c3d4e")).toEqual(faceTile("u06a1b2c3d4e"));
  });

  it("never changes between releases", () => {
    expect(faceTile("u0000000000")).toMatchInlineSnapshot(`
      {
        "hue": 8,
        "quarters": [
          {
            "corner": 1,
            "middle": false,
            "shape": "wedge",
          },
          {
            "corner": 0,
            "middle": true,
            "shape": "disc",
          },
          {
            "corner": 0,
            "middle": false,
            "shape": "disc",
          },
          {
            "corner": 0,
            "middle": false,
            "shape": "disc",
          },
        ],
      }
    `);
  });

  it("uses all twelve hues about equally often", () => {
    const counts = Array.from(
      { length: HUES },
      (_, i) => ids.filter((id) => faceTile(id).hue === i + 1).length,
    );
    expect(Math.min(...counts)).toBeGreaterThan(ids.length / HUES / 1.5);
    expect(Math.max(...counts)).toBeLessThan((ids.length / HUES) * 1.5);
  });

  it("looks different for nearly everybody", () => {
    expect(new Set(ids.map((id) => drawn(faceTile(id)))).size).toBeGreaterThan(ids.length * 0.95);
  });

  it("always has a disc or a wedge, and one quarter in the middle tone", () => {
    for (const { quarters } of ids.map(faceTile)) {
      expect(quarters.some((one) => one.shape === "disc" || one.shape === "wedge")).toBe(true);
      expect(quarters.filter((one) => one.middle)).toHaveLength(1);
    }
  });

  it("draws every quarter inside its own square", () => {
    for (const id of ids.slice(0, 200)) {
      faceTile(id).quarters.forEach((one, at) => {
        const numbers = quarterPath(one, at as 0 | 1 | 2 | 3).match(/[ML]([\d.]+) ([\d.]+)/g) ?? [];
        for (const point of numbers) {
          const [x = -1, y = -1] = point.slice(1).split(" ").map(Number);
          expect(x).toBeGreaterThanOrEqual((at % 2) * 50);
          expect(x).toBeLessThanOrEqual((at % 2) * 50 + 50);
          expect(y).toBeGreaterThanOrEqual(at > 1 ? 50 : 0);
          expect(y).toBeLessThanOrEqual(at > 1 ? 100 : 50);
        }
      });
    }
  });
});
