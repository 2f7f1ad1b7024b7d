import { describe, expect, it } from "vitest";
import type { LiveStats } from "../../../client/developer";
import { pointsOf, SPAN_MS, scaleOf, withSample } from "./rates";

const stats = (incoming: number, outgoing: number) =>
  ({ messages_in_per_s: incoming, messages_out_per_s: outgoing }) as LiveStats;

describe("the lines of traffic", () => {
  it("keep two minutes and take a moment once", () => {
    let samples = withSample([], 1000, stats(1, 2));
    samples = withSample(samples, 1000, stats(9, 9));
    expect(samples).toEqual([{ at: 1000, incoming: 1, outgoing: 2 }]);
    expect(withSample(samples, 1000 + SPAN_MS, stats(3, 4))).toEqual([
      { at: 1000 + SPAN_MS, incoming: 3, outgoing: 4 },
    ]);
  });

  it("are scaled to a round number", () => {
    expect(scaleOf([])).toBe(1);
    expect(scaleOf([{ at: 1, incoming: 3, outgoing: 14 }])).toBe(20);
    expect(scaleOf([{ at: 1, incoming: 3, outgoing: 700 }])).toBe(1000);
  });

  it("end at the right edge", () => {
    const samples = [
      { at: 0, incoming: 0, outgoing: 0 },
      { at: SPAN_MS, incoming: 10, outgoing: 5 },
    ];
    const box = { width: 200, height: 50, now: SPAN_MS, scale: 10 };
    expect(pointsOf(samples, "incoming", box)).toBe("0.0,50.0 200.0,0.0");
    expect(pointsOf(samples, "outgoing", box)).toBe("0.0,50.0 200.0,25.0");
  });
});
