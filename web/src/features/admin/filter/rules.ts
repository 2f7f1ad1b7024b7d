// Drafts of filter rules and pasted lists. Pure.
import type { Rule, RuleAction, RuleDraft } from "../../../client/types";
import { folded } from "../../../lib/match";

export const ACTIONS: readonly RuleAction[] = ["block", "mask", "log"];

export const NEW_RULE: RuleDraft = {
  pattern: "",
  kind: "keyword",
  action: "block",
  ignore_separators: true,
  whole_word: false,
  enabled: true,
  note: "",
};

export function draftOf(rule: Rule): RuleDraft {
  const { pattern, kind, action, ignore_separators, whole_word, enabled, note } = rule;
  return { pattern, kind, action, ignore_separators, whole_word, enabled, note };
}

export function sameDraft(a: RuleDraft, b: RuleDraft): boolean {
  return (Object.keys(a) as (keyof RuleDraft)[]).every((key) => a[key] === b[key]);
}

export interface ParsedList {
  patterns: { pattern: string; kind: RuleDraft["kind"] }[];
  /** Lines that a rule says already, or that stand in the list twice. */
  known: number;
}

/** One entry a line; `#` begins a comment, `/…/` is a pattern. What is there already is counted, not repeated. */
export function parseList(text: string, rules: readonly Pick<Rule, "pattern" | "kind">[]): ParsedList {
  const keyOf = (kind: RuleDraft["kind"], pattern: string) =>
    `${kind} ${kind === "regex" ? pattern : folded(pattern.normalize("NFKC"))}`;
  const seen = new Set(rules.map((rule) => keyOf(rule.kind, rule.pattern)));
  const parsed: ParsedList = { patterns: [], known: 0 };
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const regex = line.length > 2 && line.startsWith("/") && line.endsWith("/");
    const kind = regex ? "regex" : "keyword";
    const pattern = regex ? line.slice(1, -1) : line;
    const key = keyOf(kind, pattern);
    if (seen.has(key)) parsed.known += 1;
    else parsed.patterns.push({ pattern, kind });
    seen.add(key);
  }
  return parsed;
}
