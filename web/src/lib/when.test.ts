import { describe, expect, it } from "vitest";
import { ago, hoursAgo, moment } from "./when";

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

  it("is a date after that", () => {
    expect(ago(now - 9 * 24 * hour, now, "en")).toBe("3 Mar");
  });
});

describe("a moment", () => {
  it("is the clock today, and has its day before", () => {
    expect(moment(now - 2 * hour, now, "en")).toBe("12:00");
    expect(moment(now - 26 * hour, now, "en")).toBe("Wed 12:00");
    expect(moment(now - 9 * 24 * hour, now, "en")).toBe("3 Mar 14:00");
  });
});

it("a moment known to the hour only is told in hours", () => {
  const now = Date.UTC(2026, 2, 12, 14, 59);
  expect(hoursAgo(now - 59 * 60_000, now, "en")).toBe("this hour");
  expect(hoursAgo(now - 3 * 3_600_000, now, "en")).toBe("3 hours ago");
  expect(hoursAgo(now - 2 * 86_400_000, now, "en")).toBe(ago(now - 2 * 86_400_000, now, "en"));
});
