// Distances in time, and moments for logs. Pure: the clock is an argument.
import { clock, daysAgo, shortTime } from "./time";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "3 minutes ago", "yesterday"; older than a week as a date. */
export function ago(at: number, now: number, language: string): string {
  const past = Math.max(0, now - at);
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  if (past < MINUTE_MS) return words.format(0, "second");
  if (past < HOUR_MS) return words.format(-Math.floor(past / MINUTE_MS), "minute");
  if (past < DAY_MS) return words.format(-Math.floor(past / HOUR_MS), "hour");
  if (past < 7 * DAY_MS) return words.format(-Math.floor(past / DAY_MS), "day");
  return shortTime(at, now, language);
}

/** As `ago`, for a moment that is known to the hour only: "this hour", "3 hours ago". */
export function hoursAgo(at: number, now: number, language: string): string {
  if (now - at >= DAY_MS) return ago(at, now, language);
  const hours = Math.max(0, Math.floor((now - at) / HOUR_MS));
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-hours, "hour");
}

/** The clock today, else the day and the clock. */
export function moment(at: number, now: number, language: string): string {
  const time = clock(at, language);
  return daysAgo(at, now) <= 0 ? time : `${shortTime(at, now, language)} ${time}`;
}
