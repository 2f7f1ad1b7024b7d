// Finds names by what people type: words, initials, pinyin, pinyin initials, small typos. Pure, no dictionary:
// the reading of Chinese names comes from the server (`pinyin`), syllables parted by spaces.

/** Code unit offsets in the text, end exclusive. */
export type Range = readonly [start: number, end: number];

export interface Syllable {
  text: string;
  /** True where the query matched this reading. */
  hit: boolean;
}

export interface Match {
  /** Larger is better; only for comparing matches of one query. */
  score: number;
  ranges: Range[];
  /** The reading, when the query matched by sound; else empty. */
  syllables: Syllable[];
}

interface Token {
  start: number;
  end: number;
  text: string;
  /** The reading of one Han sign, or null. */
  sound: string | null;
  /** Which syllable of the reading it is, or -1. */
  syllable: number;
}

interface Walk {
  tokens: number[];
  ranges: Range[];
  syllables: number[];
  /** Letters of a token that were typed, over its length: how much was spelt out. */
  spelt: number;
}

const HAN = /\p{Script=Han}/u;
const PARTS = /\p{Script=Han}|[\p{L}\p{N}]+/gu;

/** Lower case without accents, sign for sign where that is possible: offsets in it are offsets in the original. */
export function folded(text: string): string {
  const plain = [...text]
    .map((sign) => {
      const bare = sign.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
      return bare.length === sign.length
        ? bare
        : sign.toLowerCase().length === sign.length
          ? sign.toLowerCase()
          : sign;
    })
    .join("");
  return plain;
}

/** Readings stand for Han signs in order; when the counts differ the reading covers Latin words too, or is not used. */
function tokens(text: string, pinyin: string): Token[] {
  const plain = folded(text);
  const parts = [...plain.matchAll(PARTS)].map((hit) => ({ start: hit.index, text: hit[0] }));
  const sounds = folded(pinyin).split(/\s+/).filter(Boolean);
  const signs = parts.filter((part) => HAN.test(part.text)).length;
  const perSign = sounds.length === signs;
  const perPart = !perSign && sounds.length === parts.length;
  let next = 0;
  return parts.map(({ start, text: word }) => {
    const han = HAN.test(word);
    const syllable = (perSign && han) || perPart ? next++ : -1;
    const sound = han && syllable >= 0 ? (sounds[syllable] ?? null) : null;
    return { start, end: start + word.length, text: word, sound, syllable };
  });
}

const prefixLength = (a: string, b: string) => {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n += 1;
  return n;
};

/**
 * The rest of the query eaten by this token and the next ones: each takes a non-empty beginning of its text or sound.
 * `dead` remembers the ends that led nowhere, so that a long query costs its length, not its combinations.
 */
function walk(all: Token[], at: number, rest: string, dead = new Set<string>()): Walk | null {
  if (rest === "") return { tokens: [], ranges: [], syllables: [], spelt: 0 };
  const token = all[at];
  const place = `${at} ${rest.length}`;
  if (token === undefined || dead.has(place)) return null;
  for (const [form, sounded] of [
    [token.text, false],
    [token.sound ?? "", true],
  ] as const) {
    for (let eaten = prefixLength(form, rest); eaten > 0; eaten -= 1) {
      const after = walk(all, at + 1, rest.slice(eaten), dead);
      if (after === null) continue;
      const end = sounded ? token.end : token.start + eaten;
      return {
        tokens: [at, ...after.tokens],
        ranges: [[token.start, end], ...after.ranges],
        syllables: sounded ? [token.syllable, ...after.syllables] : after.syllables,
        spelt: eaten / form.length + after.spelt,
      };
    }
  }
  dead.add(place);
  return null;
}

/** One letter too many, too few, other or swapped, against the beginning of a word. */
export function nearly(word: string, typed: string): boolean {
  const at = prefixLength(word, typed);
  if (at === typed.length) return true;
  const [left, rest] = [word.slice(at), typed.slice(at)];
  return (
    left.startsWith(rest.slice(1)) ||
    left.slice(1).startsWith(rest) ||
    left.slice(1).startsWith(rest.slice(1)) ||
    (left[0] === rest[1] && left[1] === rest[0] && left.slice(2).startsWith(rest.slice(2)))
  );
}

interface Found {
  score: number;
  ranges: Range[];
  syllables: number[];
}

const TYPO_CHARS_MIN = 4;

function findTerm(plain: string, all: Token[], term: string): Found | null {
  if (plain === term) return { score: 120, ranges: [[0, plain.length]], syllables: [] };
  const inside = plain.indexOf(term);
  if (inside === 0) return { score: 100, ranges: [[0, term.length]], syllables: [] };
  const bare = term.replace(/[^\p{L}\p{N}]/gu, "");
  if (bare !== "") {
    for (let at = 0; at < all.length; at += 1) {
      const found = walk(all, at, bare);
      if (found === null) continue;
      const whole = found.spelt / found.tokens.length;
      const first = at === 0 ? 15 : 0;
      return { score: 60 + first + 15 * whole, ranges: found.ranges, syllables: found.syllables };
    }
  }
  if (inside > 0) return { score: 50, ranges: [[inside, inside + term.length]], syllables: [] };
  if (term.length < TYPO_CHARS_MIN) return null;
  const typo = all.find(
    (token) => nearly(token.text, term) || (token.sound !== null && nearly(token.sound, term)),
  );
  if (typo === undefined) return null;
  return {
    score: 25,
    ranges: [[typo.start, Math.min(typo.end, typo.start + term.length)]],
    syllables: typo.sound === null ? [] : [typo.syllable],
  };
}

/** Overlapping and touching ranges as one, in order. */
export function merged(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = out.at(-1);
    if (last !== undefined && start <= last[1]) out[out.length - 1] = [last[0], Math.max(last[1], end)];
    else out.push([start, end]);
  }
  return out;
}

/** Every word of the query must be found in the text or its reading; null when one is not. */
export function match(query: string, text: string, pinyin = ""): Match | null {
  const terms = folded(query.trim()).split(/\s+/).filter(Boolean);
  if (terms.length === 0) return { score: 0, ranges: [], syllables: [] };
  const plain = folded(text);
  const all = tokens(text, pinyin);
  const joined = findTerm(plain, all, terms.join(" "));
  const found = joined === null ? terms.map((term) => findTerm(plain, all, term)) : [joined];
  const hits = found.filter((one) => one !== null);
  if (hits.length < found.length) return null;
  const sounded = new Set(hits.flatMap((one) => one.syllables));
  const sounds = pinyin.split(/\s+/).filter(Boolean);
  return {
    // Among equals the shorter name is the likelier one.
    score: hits.reduce((sum, one) => sum + one.score, 0) / hits.length - Math.min(10, text.length / 8),
    ranges: merged(hits.flatMap((one) => one.ranges)),
    syllables: sounded.size === 0 ? [] : sounds.map((sound, at) => ({ text: sound, hit: sounded.has(at) })),
  };
}

/** The matches of a list, best first; ties keep the order they came in. */
export function ranked<T>(
  query: string,
  items: readonly T[],
  read: (item: T) => { text: string; pinyin?: string },
): { item: T; match: Match }[] {
  return items
    .flatMap((item) => {
      const { text, pinyin } = read(item);
      const found = match(query, text, pinyin);
      return found === null ? [] : [{ item, match: found }];
    })
    .sort((a, b) => b.match.score - a.match.score);
}
