// The text of the search field: words, and the filter that is being typed at its end. Pure.

export type FilterKind = "in" | "from";

export interface Typing {
  kind: FilterKind;
  /** What follows the colon so far. */
  value: string;
  /** The text without the filter. */
  rest: string;
}

const FILTER = /(?:^|\s)(in|from|在|来自)[:：]\s?([^\s]*)$/iu;

/** `in:vis` at the end of the text is a filter half typed; null when there is none. Chinese words for it do as well. */
export function typing(text: string): Typing | null {
  const found = FILTER.exec(text);
  if (found === null) return null;
  const [whole, word = "", value = ""] = found;
  return {
    kind: /^(in|在)$/i.test(word) ? "in" : "from",
    value: value.replace(/^[#@]/, ""),
    rest: text.slice(0, text.length - whole.length).trimEnd(),
  };
}

/** What is sent as words: the text without a filter half typed, one space between words. */
export function words(text: string): string {
  return (typing(text)?.rest ?? text).trim().replace(/\s+/g, " ");
}
