// The check of what somebody types as JSON. Pure.

export type JsonCheck =
  | { kind: "empty" }
  | { kind: "fits"; value: unknown }
  /** Where the first character stands that does not fit. */
  | { kind: "wrong"; line: number; column: number };

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Everything but quotes, backslashes and control characters. */
const PLAIN = /[ !#-[\]-\uffff]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** Reads a value as far as it goes. Each step says whether it fitted; `at` is where it stands. RFC 8259. */
class Reader {
  at = 0;

  constructor(readonly text: string) {}

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return false;
    this.at += found[0].length;
    return true;
  }

  private sign(wanted: string): boolean {
    if (this.text.charAt(this.at) !== wanted) return false;
    this.at += 1;
    return true;
  }

  private word(wanted: string): boolean {
    return [...wanted].every((letter) => this.sign(letter));
  }

  private string(): boolean {
    if (!this.sign('"')) return false;
    while (this.take(PLAIN) || this.take(ESCAPE));
    return this.sign('"');
  }

  private pair(): boolean {
    return this.string() && this.space() && this.sign(":") && this.value();
  }

  private list(close: string, item: () => boolean): boolean {
    this.at += 1;
    this.space();
    if (this.sign(close)) return true;
    for (;;) {
      if (!item()) return false;
      this.space();
      if (this.sign(close)) return true;
      if (!this.sign(",")) return false;
      this.space();
    }
  }

  space(): boolean {
    return this.take(SPACE);
  }

  value(): boolean {
    this.space();
    switch (this.text.charAt(this.at)) {
      case "{":
        return this.list("}", () => this.pair());
      case "[":
        return this.list("]", () => this.value());
      case '"':
        return this.string();
      case "t":
        return this.word("true");
      case "f":
        return this.word("false");
      case "n":
        return this.word("null");
      default:
        return this.take(NUMBER);
    }
  }
}

/** Whether the text is one JSON value, and where it stops being one. */
export function checkJson(text: string): JsonCheck {
  if (text.trim() === "") return { kind: "empty" };
  try {
    return { kind: "fits", value: JSON.parse(text) };
  } catch {
    const reader = new Reader(text);
    if (reader.value()) reader.space();
    const before = text.slice(0, reader.at).split("\n");
    return { kind: "wrong", line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

/** The value with indents, for reading. */
export function tidyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
