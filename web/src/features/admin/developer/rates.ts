// The last two minutes of traffic as lines to draw. Pure.
import type { LiveStats } from "../../../client/developer";
import type { TimeMs } from "../../../client/types";

export interface Sample {
  at: TimeMs;
  incoming: number;
  outgoing: number;
}

export const SPAN_MS = 120_000;

/** The samples with one more, without those that are older than the span. */
export function withSample(samples: readonly Sample[], at: TimeMs, stats: LiveStats): Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && at <= last.at) return [...samples];
  const kept = samples.filter((sample) => sample.at > at - SPAN_MS);
  return [...kept, { at, incoming: stats.messages_in_per_s, outgoing: stats.messages_out_per_s }];
}

/** The upper end of the scale: the next of 1, 2, 5 times a power of ten. */
export function scaleOf(samples: readonly Sample[]): number {
  const most = Math.max(1, ...samples.flatMap(({ incoming, outgoing }) => [incoming, outgoing]));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most;
}

/** The points of a line in a box; the newest is at its right edge. */
export function pointsOf(
  samples: readonly Sample[],
  which: "incoming" | "outgoing",
  box: { width: number; height: number; now: TimeMs; scale: number },
): string {
  return samples
    .map((sample) => {
      const x = box.width * (1 - (box.now - sample.at) / SPAN_MS);
      const y = box.height * (1 - sample[which] / box.scale);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}
