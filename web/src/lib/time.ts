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

/** Day and clock, for a title attribute. */
export function exactTime(at: number, locale: string): string {
  return formatter(locale === "en" ? "en-GB" : locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}
