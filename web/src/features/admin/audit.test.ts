import { describe, expect, it } from "vitest";
import { detailPairs, knownAction, plainAction } from "./audit";

describe("a line of the log", () => {
  it("is readable even for an action that has no sentence", () => {
    expect([plainAction("filter.rule.create"), plainAction("moon.land_on")]).toEqual([
      "filter rule create",
      "moon land on",
    ]);
  });

  it("finds the sentence of an action", () => {
    expect(["person.role", "person.reset_password", "moon.land_on"].map(knownAction)).toEqual([
      "person_role",
      "person_reset_password",
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
