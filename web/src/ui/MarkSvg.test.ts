import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faviconHref, markSvg, SQUARE, TILES } from "./MarkSvg";

describe("the mark", () => {
  it("is the one in public/mark.svg", () => {
    const file = readFileSync(new URL("../../public/mark.svg", import.meta.url), "utf8");
    const drawn = [...file.matchAll(/x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)].map((hit) =>
      hit.slice(1).map(Number),
    );
    expect(drawn).toEqual(TILES);
  });

  it("leaves two pixels of air around what stands in the open square", () => {
    const [x, y, width, height] = SQUARE;
    expect([x - 4, y - 4, 12 - x - width, 12 - y - height]).toEqual([2, 2, 2, 2]);
  });

  it("shows a state by a square of its own colour", () => {
    expect(markSvg("quiet")).toContain(".s{fill:none}");
    expect(markSvg("mention")).toContain(".s{fill:#C2481F}");
    expect(markSvg("call")).toContain(".s{fill:#276B44}");
  });

  it("becomes an address without a character that ends an attribute", () => {
    expect(faviconHref("call")).toMatch(/^data:image\/svg\+xml,[^"'<>\s]+$/);
  });
});
