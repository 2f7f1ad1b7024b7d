import { describe, expect, it } from "vitest";
import { spanUntil } from "./expiry";

const hour = 3_600_000;

describe("how long an invitation runs", () => {
  it("is told in days, hours or minutes", () => {
    expect(spanUntil(7 * 24 * hour, 0)).toEqual({ unit: "days", count: 7 });
    expect(spanUntil(5 * hour, 0)).toEqual({ unit: "hours", count: 5 });
    expect(spanUntil(20 * 60_000, 0)).toEqual({ unit: "minutes", count: 20 });
  });

  it("made just now still runs the days that were asked for", () => {
    expect(spanUntil(24 * hour, 5_000)).toEqual({ unit: "days", count: 1 });
  });

  it("is over at its end, and never says zero before", () => {
    expect(spanUntil(10, 10)).toBeNull();
    expect(spanUntil(1_000, 0)).toEqual({ unit: "minutes", count: 1 });
  });
});
