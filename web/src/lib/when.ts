// Times in words, in the language of the screen. Pure: the clock is an argument.

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
  return day(at, now, language);
}

/** A date without what is understood: no year in this year. */
export function day(at: number, now: number, language: string): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
  return new Intl.DateTimeFormat(language, sameYear ? options : { ...options, year: "numeric" }).format(at);
}

/** Date and time, for logs. */
export function moment(at: number, now: number, language: string): string {
  const time = new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
  return new Date(at).toDateString() === new Date(now).toDateString()
    ? time
    : `${day(at, now, language)}, ${time}`;
}

/** Bytes as people read them: decimal units, one digit below ten. */
export function bytes(count: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let value = count;
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[at] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: at > 0 && value < 10 ? 1 : 0,
  }).format(value);
}
