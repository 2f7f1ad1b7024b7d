import { describe, expect, it } from "vitest";
import { en as firstEn } from "./en";
import { call as callEn } from "./en/call";
import { developer as developerEn } from "./en/developer";
import { zh as firstZh } from "./zh";
import { call as callZh } from "./zh/call";
import { developer as developerZh } from "./zh/developer";

const en = { ...firstEn, developer: developerEn, call: callEn };
const zh = { ...firstZh, developer: developerZh, call: callZh };

type Tree = { [key: string]: string | Tree };

/** Plural endings differ by language: Chinese has `_other` only. */
const PLURAL = /_(zero|one|two|few|many|other)$/;

function keys(tree: Tree, path = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [`${path}${key.replace(PLURAL, "")}`] : keys(value, `${path}${key}.`),
  );
}

describe("the languages", () => {
  it("have the same keys", () => {
    const unique = (tree: Tree) => [...new Set(keys(tree))].sort();
    expect(unique(zh as Tree)).toEqual(unique(en as Tree));
  });

  it("leave no string empty", () => {
    const values = (tree: Tree): string[] =>
      Object.values(tree).flatMap((value) => (typeof value === "string" ? [value] : values(value)));
    expect([...values(en as Tree), ...values(zh as Tree)].filter((value) => value.trim() === "")).toEqual([]);
  });

  it("use the same placeholders", () => {
    const holes = (tree: Tree, path = ""): string[] =>
      Object.entries(tree).flatMap(([key, value]) =>
        typeof value === "string"
          ? [
              `${path}${key.replace(PLURAL, "")}: ${[...new Set(value.match(/\{\{\w+\}\}/g) ?? [])].sort().join(" ")}`,
            ]
          : holes(value, `${path}${key}.`),
      );
    // A plural's `_one` may leave the number out, so only the last form of a key counts.
    const last = (tree: Tree) =>
      [...new Map(holes(tree).map((line) => [line.split(":")[0], line])).values()].sort();
    expect(last(zh as Tree)).toEqual(last(en as Tree));
  });
});
