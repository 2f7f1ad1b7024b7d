import { describe, expect, it } from "vitest";
import { checkJson } from "./json";

const where = (text: string) => {
  const check = checkJson(text);
  return check.kind === "wrong" ? `${check.line}:${check.column}` : check.kind;
};

describe("the check of JSON", () => {
  it("takes any one value", () => {
    for (const text of ['{"a": [1, -2.5e3, "x\\n", true, null]}', "[]", '"text"', " 12 ", "false"])
      expect(checkJson(text), text).toEqual({ kind: "fits", value: JSON.parse(text) });
  });

  it("says the line and the column of what does not fit", () => {
    expect(where("{a: 1}")).toBe("1:2");
    expect(where('{\n  "a": 1,\n}')).toBe("3:1");
    expect(where('{"a": 1} x')).toBe("1:10");
    expect(where("[1 2]")).toBe("1:4");
    expect(where('"open')).toBe("1:6");
    expect(where("[01]")).toBe("1:3");
    expect(where("tru")).toBe("1:4");
    expect(where('{"a" 1}')).toBe("1:6");
  });

  it("tells nothing from something", () => {
    expect(where(" \n")).toBe("empty");
  });
});
