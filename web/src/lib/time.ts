// Times as people read them. Formatters are made once per language: making one is slow.

const made = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const known = made.get(key);
  if (known !== undefined) return known;
  const fresh = new Intl.DateTimeFormat(locale, options);
  made.set(key, fresh);
  return fresh;
}

const DAY_MS = 86_400_000;

/** Midnight of the local day, which is also its name. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whole local days from `at` to `now`; a day with a clock change counts as one. */
export function daysAgo(at: number, now: number): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY_MS);
}

/** 14:02 */
export function clock(at: number, locale: string): string {
  return formatter(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** Thursday, 12 March; with the year when it is not this one. */
export function longDay(at: number, now: number, locale: string): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const tag = locale === "en" ? "en-GB" : locale;
  return formatter(tag, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at);
}

/** For a list: the clock today, the weekday within a week, else the date. */
export function shortTime(at: number, now: number, locale: string): string {
  const days = daysAgo(at, now);
  if (days <= 0) return clock(at, locale);
  if (days < 7) return formatter(locale, { weekday: "short" }).format(at);
  return formatter(locale === "en" ? "en-GB" : locale, { day: "numeric", month: "short" }).format(at);
}

/** How long something took, in the two largest units that say something: 1 hr 5 min, 12 min, 40 sec. */
export function span(ms: number, locale: string): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const unit = (value: number, name: "hour" | "minute" | "second") =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (seconds < 60) return unit(seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(minutes, "minute");
  const rest = minutes % 60;
  const hours = unit(Math.floor(minutes / 60), "hour");
  return rest === 0 ? hours : `${hours} ${unit(rest, "minute")}`;
}

/** A running clock of what goes on: 12:40, 1:02:05. */
export function running(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Day and clock, for a title attribute. */
export function exactTime(at: number, locale: string): string {
  return formatter(locale === "en" ? "en-GB" : locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}
