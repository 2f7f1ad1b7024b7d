// React's way to the call on this device: the small part that is always there. The stage reads the session itself.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { RoomId } from "../client/types";
import type { Calls, CallsState } from "../media/calls";
import type { CallPreferences } from "../media/preferences";

export const CallsContext = createContext<Calls | null>(null);

export function useCalls(): Calls {
  const calls = useContext(CallsContext);
  if (calls === null) throw new Error("useCalls outside of CallsContext");
  return calls;
}

export function useCallsState<T>(select: (state: CallsState) => T): T {
  return useStore(useCalls().store, select);
}

export function useCallPreferences(): [CallPreferences, (change: Partial<CallPreferences>) => void] {
  const { preferences } = useCalls();
  return [useStore(preferences), (change) => preferences.setState(change)];
}

/** Where my call is, seen from a room: here, elsewhere, or nowhere. */
export function useCallPlace(room: RoomId): "here" | "elsewhere" | "nowhere" {
  return useCallsState((state) =>
    state.phase === "idle" || state.room === null ? "nowhere" : state.room === room ? "here" : "elsewhere",
  );
}
