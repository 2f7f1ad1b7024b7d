// The composer's / commands: only those that do something. Pure.

export const COMMANDS = ["call", "invite", "topic"] as const;
export type CommandName = (typeof COMMANDS)[number];

export interface Command {
  name: CommandName;
  rest: string;
}

/** The command a text is, or null for plain text (also for a / that means something else). */
export function commandOf(text: string): Command | null {
  const match = /^\/(\w+)(?:\s+([\s\S]*))?$/.exec(text.trim());
  const name = COMMANDS.find((candidate) => candidate === match?.[1]);
  return name === undefined ? null : { name, rest: (match?.[2] ?? "").trim() };
}

export function commandsFor(query: string): CommandName[] {
  return COMMANDS.filter((name) => name.startsWith(query.toLowerCase()));
}
