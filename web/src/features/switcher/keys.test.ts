import { describe, expect, it } from "vitest";
import { chord, GROUPS } from "./keys";

describe("the sheet of keys", () => {
  it("writes the keys as they are on a Mac and elsewhere", () => {
    expect([chord(["Mod", "K"], true), chord(["Mod", "K"], false), chord(["Alt", "↑"], true)]).toEqual([
      ["⌘", "K"],
      ["Ctrl", "K"],
      ["⌥", "↑"],
    ]);
  });

  it("names nothing twice", () => {
    const texts = GROUPS.flatMap((group) => group.lines.map((line) => line.text));
    expect(new Set(texts).size).toBe(texts.length);
  });
});
