import { describe, expect, it } from "vitest";
import { typing, words } from "./query";

describe("the search field", () => {
  it("knows a filter that is being typed at its end", () => {
    expect(typing("torque in:vis")).toEqual({ kind: "in", value: "vis", rest: "torque" });
    expect(typing("from:@林")).toEqual({ kind: "from", value: "林", rest: "" });
    expect(typing("扳手 在：#drive")).toEqual({ kind: "in", value: "drive", rest: "扳手" });
  });

  it("takes other colons and words for what they are", () => {
    expect([
      typing("see 12:30"),
      typing("within:x"),
      typing("in the room"),
      typing("in:lobby torque"),
    ]).toEqual([null, null, null, null]);
  });

  it("sends the words without the filter half typed", () => {
    expect([words("  torque   wrench "), words("扳手 from:"), words("in:x")]).toEqual([
      "torque wrench",
      "扳手",
      "",
    ]);
  });
});
