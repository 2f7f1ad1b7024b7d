import { describe, expect, it } from "vitest";
import { excerptAround, unitRanges, wordRanges } from "./excerpt";

describe("the words of a search", () => {
  it("are marked wherever they stand, in any case, two Chinese signs too", () => {
    expect(wordRanges("扳手我带，扭矩扳手呢", "扳手")).toEqual([
      [0, 2],
      [7, 9],
    ]);
    expect(wordRanges("The Belt squeaks, the belt", "belt the")).toEqual([
      [0, 3],
      [4, 8],
      [18, 21],
      [22, 26],
    ]);
  });

  it("are not marked when the query is empty", () => {
    expect(wordRanges("anything", "  ")).toEqual([]);
  });
});

describe("an excerpt", () => {
  it("is the whole text when that is short", () => {
    expect(excerptAround("a\nshort  one", "short", 40)).toEqual({ text: "a short one", ranges: [[2, 7]] });
  });

  it("is cut around the first hit, with the marks moved along", () => {
    const { text, ranges } = excerptAround(`${"x ".repeat(100)}needle${" y".repeat(100)}`, "needle", 60);
    expect(text.length).toBeLessThanOrEqual(62);
    expect(text.startsWith("…") && text.endsWith("…")).toBe(true);
    expect(ranges.map(([start, end]) => text.slice(start, end))).toEqual(["needle"]);
  });

  it("never cuts a sign in two", () => {
    const { text } = excerptAround("😀".repeat(100), "zzz", 31);
    expect(text).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
  });
});

describe("character offsets of the server", () => {
  it("become code unit offsets", () => {
    expect(unitRanges("😀加微信!", [{ start: 1, end: 4 }])).toEqual([[2, 5]]);
  });

  it("beyond the end stop at the end", () => {
    expect(unitRanges("ab", [{ start: 1, end: 9 }])).toEqual([[1, 2]]);
  });
});
