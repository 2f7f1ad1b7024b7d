import { describe, expect, it } from "vitest";
import { NEW_RULE, parseList, sameDraft } from "./rules";

describe("a pasted list", () => {
  it("has one entry a line, without comments and empty lines", () => {
    const { patterns } = parseList("# spam\n加微信\r\n\n  casino \n", []);
    expect(patterns).toEqual([
      { pattern: "加微信", kind: "keyword" },
      { pattern: "casino", kind: "keyword" },
    ]);
  });

  it("takes a line between slashes as a pattern", () => {
    expect(parseList("/\\b\\d{17}[\\dX]\\b/\n/", []).patterns).toEqual([
      { pattern: "\\b\\d{17}[\\dX]\\b", kind: "regex" },
      { pattern: "/", kind: "keyword" },
    ]);
  });

  it("counts what is there already or stands in it twice, in any case and width", () => {
    const list = parseList("Casino\nＣＡＳＩＮＯ\ngiveaway\nGiveaway", [
      { pattern: "casino", kind: "keyword" },
    ]);
    expect(list).toEqual({ patterns: [{ pattern: "giveaway", kind: "keyword" }], known: 3 });
  });
});

describe("a draft", () => {
  it("differs from its rule as soon as one field does", () => {
    expect(sameDraft(NEW_RULE, { ...NEW_RULE })).toBe(true);
    expect(sameDraft(NEW_RULE, { ...NEW_RULE, whole_word: true })).toBe(false);
  });
});
