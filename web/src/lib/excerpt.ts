// Where the words of a search stand in a message, and the part of the message worth showing. Pure.
import { folded, merged, type Range } from "./match";

export interface Excerpt {
  text: string;
  ranges: Range[];
}

const LEAD_CHARS = 18;

/** Every place of every word of the query, as a reader would mark them. */
export function wordRanges(text: string, query: string): Range[] {
  const plain = folded(text);
  const words = folded(query).split(/\s+/).filter(Boolean);
  const found: Range[] = [];
  for (const word of words) {
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
      found.push([at, at + word.length]);
    }
  }
  return merged(found);
}

/** Cuts between code points only. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** One line around the first hit: at most `chars` code units, an ellipsis where something was left out. */
export function excerptAround(source: string, query: string, chars: number): Excerpt {
  const text = source
    .replace(/```\w*\n?/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const ranges = wordRanges(text, query);
  const first = ranges[0]?.[0] ?? 0;
  const start =
    text.length <= chars ? 0 : whole(text, Math.max(0, Math.min(first - LEAD_CHARS, text.length - chars)));
  const end = text.length <= chars ? text.length : whole(text, Math.min(text.length, start + chars));
  const [before, after] = [start > 0 ? "…" : "", end < text.length ? "…" : ""];
  const shift = before.length - start;
  return {
    text: `${before}${text.slice(start, end)}${after}`,
    ranges: ranges
      .filter(([from, to]) => from >= start && to <= end)
      .map(([from, to]): Range => [from + shift, to + shift]),
  };
}

/** Code point offsets, as the server counts characters, as code unit offsets. */
export function unitRanges(text: string, hits: readonly { start: number; end: number }[]): Range[] {
  const units: number[] = [0];
  for (const sign of text) units.push((units.at(-1) ?? 0) + sign.length);
  const unit = (at: number) => units[Math.min(at, units.length - 1)] ?? text.length;
  return merged(hits.map(({ start, end }): Range => [unit(start), unit(end)]));
}
