// Which key does what during a call. Pure: the page tells what was pressed and where the focus is.

export type KeyAction = "microphone" | "camera" | "hand" | "screen" | "view" | "full" | "talk" | "leave";

export interface KeyPress {
  key: string;
  alt: boolean;
  /** Ctrl or Cmd. */
  control: boolean;
  shift: boolean;
  /** The focus is in a field one writes in. */
  writing: boolean;
  /** The focus is on something that Space or a letter operates itself: a button, a list. */
  operable: boolean;
}

/** Shown in the list of keys and in the titles of the buttons. */
export const CALL_KEYS: Record<KeyAction, string> = {
  microphone: "M",
  camera: "V",
  hand: "H",
  screen: "S",
  view: "G",
  full: "F",
  talk: "Space",
  leave: "L",
};

const LETTERS: Record<string, KeyAction> = {
  m: "microphone",
  v: "camera",
  h: "hand",
  s: "screen",
  g: "view",
  f: "full",
};

/** Alt and a letter works everywhere in the page, also while one writes; the letter alone where nobody writes. */
export function keyAction(press: KeyPress): KeyAction | null {
  const { key, alt, control, shift, writing, operable } = press;
  if (control) return null;
  if (alt && !shift) {
    const letter = key.toLowerCase();
    // Alt and L leaves: a letter alone would end a call by a slip of the finger.
    return letter === "l" ? "leave" : (LETTERS[letter] ?? null);
  }
  if (alt || writing) return null;
  if (key === " ") return operable ? null : "talk";
  if (shift) return null;
  return LETTERS[key.toLowerCase()] ?? null;
}

/** The talk key was let go: no modifier or focus changes that, else the microphone would stay open. */
export function endsTalk(key: string): boolean {
  return key === " ";
}
