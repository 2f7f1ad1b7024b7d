import { describe, expect, it } from "vitest";
import { ago, bytes, day, moment } from "./when";

const now = new Date(2026, 2, 12, 14, 0).getTime();
const hour = 3_600_000;

describe("a time in words", () => {
  it("is told as a distance within a week", () => {
    expect(ago(now - 3 * 60_000, now, "en")).toBe("3 minutes ago");
    expect(ago(now - 26 * hour, now, "en")).toBe("yesterday");
    expect(ago(now - 2 * hour, now, "zh")).toBe("2小时前");
  });

  it("is never told as the future, even when clocks differ", () => {
    expect(ago(now + 5_000, now, "en")).toBe("now");
  });

  it("is a date after that, with the year only when it is another", () => {
    expect(ago(now - 9 * 24 * hour, now, "en-GB")).toBe("3 March");
    expect(day(new Date(2025, 11, 1).getTime(), now, "en-GB")).toBe("1 December 2025");
  });

  it("is a clock time today", () => {
    expect(moment(now - 2 * hour, now, "en")).toBe("12:00");
    expect(moment(now - 26 * hour, now, "en-GB")).toBe("11 March, 12:00");
  });
});

describe("bytes", () => {
  it("are told in the unit that fits", () => {
    expect([512, 2_100_000_000, 41_000_000_000].map((count) => bytes(count, "en"))).toEqual([
      "512 byte",
      "2.1 GB",
      "41 GB",
    ]);
  });
});
