// How long an invitation still runs, in the words of the card. Pure.

export interface Span {
  unit: "minutes" | "hours" | "days";
  count: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The largest unit that is not zero, rounded to the nearest whole; null when it is over. */
export function spanUntil(at: number, now: number): Span | null {
  const left = at - now;
  if (left <= 0) return null;
  if (left >= DAY_MS - HOUR_MS / 2) return { unit: "days", count: Math.max(1, Math.round(left / DAY_MS)) };
  if (left >= HOUR_MS) return { unit: "hours", count: Math.round(left / HOUR_MS) };
  return { unit: "minutes", count: Math.max(1, Math.round(left / 60_000)) };
}

/** What the card and the administration offer to choose from, in seconds. */
export const EXPIRIES_S = [3_600, 86_400, 604_800, 2_592_000] as const;
export const USES = [1, 10, 50, 500] as const;
