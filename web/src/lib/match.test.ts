import { describe, expect, it } from "vitest";
import { match, merged, nearly, ranked } from "./match";

const marked = (text: string, query: string, pinyin = "") => {
  const found = match(query, text, pinyin);
  if (found === null) return null;
  return found.ranges.map(([start, end]) => text.slice(start, end)).join("|");
};
const sounds = (text: string, query: string, pinyin: string) =>
  match(query, text, pinyin)
    ?.syllables.filter((one) => one.hit)
    .map((one) => one.text)
    .join(" ");

describe("a name", () => {
  it("is found by its beginning, a later word and the middle of a word", () => {
    expect(marked("line-follower", "lin")).toBe("lin");
    expect(marked("drive-train", "tra")).toBe("tra");
    expect(marked("workshop", "shop")).toBe("shop");
  });

  it("is found by the initials of its words", () => {
    expect(marked("drive-train", "dt")).toBe("d|t");
    expect(marked("Mira Castell", "mc")).toBe("M|C");
    expect(marked("Mira Castell", "micas")).toBe("Mi|Cas");
  });

  it("is found by pinyin, and tells which syllable and sign it was", () => {
    expect(marked("林小满", "lin", "lin xiao man")).toBe("林");
    expect(sounds("林小满", "lin", "lin xiao man")).toBe("lin");
    expect(marked("林小满", "xiaom", "lin xiao man")).toBe("小满");
  });

  it("is found by pinyin initials", () => {
    expect(marked("北京", "bj", "bei jing")).toBe("北京");
    expect(sounds("北京", "bj", "bei jing")).toBe("bei jing");
    expect(marked("river 北京-trip", "bj", "bei jing")).toBe("北京");
    expect(marked("林小满", "lxm", "lin xiao man")).toBe("林小满");
  });

  it("is found when the reading covers its Latin words too", () => {
    expect(marked("vision 视觉", "sj", "vision shi jue")).toBe("视觉");
  });

  it("is found by its signs, alone or mixed with letters", () => {
    expect(marked("棋室 chess-corner", "棋", "qi shi")).toBe("棋");
    expect(marked("棋室 chess-corner", "棋shi", "qi shi")).toBe("棋室");
    expect(marked("棋室 chess-corner", "qsc", "qi shi")).toBe("棋室|c");
  });

  it("is found without accents and in any case", () => {
    expect(marked("Tomás Rey", "tomas")).toBe("Tomás");
    expect(marked("Tomás Rey", "REY")).toBe("Rey");
  });

  it("is found with one typo in four letters or more", () => {
    expect(match("jonsa", "Jonas Feld")).not.toBeNull();
    expect(match("praya", "Priya Nair")).not.toBeNull();
    expect(match("jx", "Jonas Feld")).toBeNull();
  });

  it("needs every word of the query", () => {
    expect(marked("Jonas Feld", "feld jo")).toBe("Jo|Feld");
    expect(match("jonas nair", "Jonas Feld")).toBeNull();
  });

  it("is not found by the sound of a reading that does not fit its signs", () => {
    expect(match("zz", "林小满", "lin xiao man")).toBeNull();
  });

  it("keeps offsets right behind signs of two code units", () => {
    expect(marked("🔧 workshop", "work")).toBe("work");
  });
});

describe("a list", () => {
  const order = (query: string, names: [string, string?][]) =>
    ranked(query, names, ([text, pinyin]) => ({ text, pinyin: pinyin ?? "" })).map(({ item }) => item[0]);

  it("puts the beginning before the middle, and the whole before the beginning", () => {
    expect(order("lin", [["berlin"], ["line-follower"], ["lin"]])).toEqual([
      "lin",
      "line-follower",
      "berlin",
    ]);
  });

  it("puts a whole syllable before an initial", () => {
    expect(
      order("li", [
        ["楼因", "lou yin"],
        ["李", "li"],
      ]),
    ).toEqual(["李"]);
    expect(order("l", [["open lab"], ["林", "lin"]])).toEqual(["林", "open lab"]);
  });
});

describe("ranges", () => {
  it("are joined where they touch or overlap", () => {
    expect(
      merged([
        [4, 6],
        [0, 2],
        [2, 3],
        [5, 8],
      ]),
    ).toEqual([
      [0, 3],
      [4, 8],
    ]);
  });
});

describe("a typo", () => {
  it("is one letter more, less, other or swapped", () => {
    expect(["lobyb", "loby", "lobbby", "lxbby"].map((typed) => nearly("lobby", typed))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(nearly("lobby", "lxyby")).toBe(false);
  });
});
