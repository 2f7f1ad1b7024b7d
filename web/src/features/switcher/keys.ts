// The keys of the app, for the sheet that `?` opens. Pure.

export interface KeyLine {
  text:
    | "switcher"
    | "sheet"
    | "list"
    | "roomNext"
    | "roomUnread"
    | "send"
    | "break"
    | "editLast"
    | "mention"
    | "room"
    | "emoji"
    | "close"
    | "find"
    | "jump";
  /** Alternatives, each a chord of keys; a later one may leave out what the first holds down. `Mod` is ⌘ on a Mac and Ctrl elsewhere. */
  keys: string[][];
}

export interface KeyGroup {
  name: "everywhere" | "composer" | "lists";
  lines: KeyLine[];
}

export const GROUPS: readonly KeyGroup[] = [
  {
    name: "everywhere",
    lines: [
      { text: "switcher", keys: [["Mod", "K"]] },
      {
        text: "roomNext",
        keys: [["Alt", "↑"], ["↓"]],
      },
      {
        text: "roomUnread",
        keys: [["Alt", "Shift", "↑"], ["↓"]],
      },
      { text: "list", keys: [["Mod", "\\"]] },
      { text: "close", keys: [["Esc"]] },
      { text: "sheet", keys: [["?"]] },
    ],
  },
  {
    name: "composer",
    lines: [
      { text: "send", keys: [["Enter"]] },
      { text: "break", keys: [["Shift", "Enter"]] },
      { text: "editLast", keys: [["↑"]] },
      { text: "mention", keys: [["@"]] },
      { text: "room", keys: [["#"]] },
      { text: "emoji", keys: [[":"]] },
    ],
  },
  {
    name: "lists",
    lines: [
      { text: "find", keys: [["/"]] },
      { text: "jump", keys: [["↑"], ["↓"], ["Enter"]] },
    ],
  },
];

/** The chord as it is written on this keyboard. */
export function chord(keys: readonly string[], mac: boolean): string[] {
  const names: Record<string, string> = mac ? { Mod: "⌘", Alt: "⌥", Shift: "⇧" } : { Mod: "Ctrl" };
  return keys.map((key) => names[key] ?? key);
}
