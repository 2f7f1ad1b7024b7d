import { describe, expect, it } from "vitest";
import { detailPairs, knownAction, plainAction } from "./audit";

describe("a line of the log", () => {
  it("is readable even for an action that has no sentence", () => {
    expect([plainAction("filter_rule.added"), plainAction("RoomArchived")]).toEqual([
      "filter rule added",
      "room archived",
    ]);
  });

  it("finds the sentence of an action however its words are joined", () => {
    expect(["role.changed", "roleChanged", "role_changed", "moon_landed"].map(knownAction)).toEqual([
      "role_changed",
      "role_changed",
      "role_changed",
      null,
    ]);
  });

  it("shows its detail as pairs, and nothing for nothing", () => {
    expect(detailPairs({ uses_max: 10, note: null, role: "member" })).toEqual([
      "uses max: 10",
      "role: member",
    ]);
    expect(detailPairs("10.0.0.4")).toEqual(["10.0.0.4"]);
    expect([detailPairs(null), detailPairs({})]).toEqual([[], []]);
  });
});
