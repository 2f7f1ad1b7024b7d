// What the developer pages hand to each other: a channel to publish in, a user to ban. In memory only.
import { createStore } from "zustand/vanilla";
import type { ErrorCode, TimeMs } from "../../../client/types";

export interface Outcome {
  at: TimeMs;
  channel: string;
  /** Null: published. */
  error: ErrorCode | null;
}

export interface Drafts {
  channel: string;
  data: string;
  /** What was published from here, newest first. */
  outcomes: Outcome[];
  /** Whom the ban form begins with. */
  banned: string;
}

const OUTCOMES_MAX = 8;

export const drafts = createStore<Drafts>(() => ({
  channel: "news",
  data: '{\n  "text": "Hello"\n}',
  outcomes: [],
  banned: "",
}));

export function tell(outcome: Outcome): void {
  drafts.setState(({ outcomes }) => ({ outcomes: [outcome, ...outcomes].slice(0, OUTCOMES_MAX) }));
}
