// What was made on these pages since they were opened: in memory only, so that the samples can name it. Gone with a reload.
import { createStore } from "zustand/vanilla";
import type { NewApiKey, NewTokenSecret } from "../../../client/developer";

export interface Made {
  key: NewApiKey | null;
  secret: NewTokenSecret | null;
  /** Signed with `secret`, when this browser can sign. */
  token: string | null;
  subscriptionToken: string | null;
}

export const made = createStore<Made>(() => ({
  key: null,
  secret: null,
  token: null,
  subscriptionToken: null,
}));

/** A revoked one is named nowhere any more. */
export function forgetMade(id: string): void {
  const { key, secret } = made.getState();
  if (key?.id === id) made.setState({ key: null });
  if (secret?.id === id) made.setState({ secret: null, token: null, subscriptionToken: null });
}
