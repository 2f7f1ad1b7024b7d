// React's way to the call that is on stage.
import { createContext, useContext } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { PersonId, Room } from "../../client/types";
import { CALL } from "../../i18n/call";
import type { CallState } from "../../media/call";
import type { FloorState } from "../../media/floor";
import type { CallSession } from "../../media/session";

export interface CallContextValue {
  session: CallSession;
  room: Room;
  /** May mute, remove and let speak. */
  mayModerate: boolean;
  /** Ends the call for everybody. */
  end: () => void;
  /** What a moderator does to somebody; a refusal is shown on the stage. */
  moderate: (user: PersonId, act: "mute" | "let_speak" | "let_listen" | "remove") => void;
}

export const CallContext = createContext<CallContextValue | null>(null);

export function useCall(): CallContextValue {
  const value = useContext(CallContext);
  if (value === null) throw new Error("useCall outside of CallContext");
  return value;
}

export function useCallState<T>(select: (state: CallState) => T): T {
  return useStore(useCall().session.store, select);
}

export function useFloor<T>(select: (state: FloorState) => T): T {
  return useStore(useCall().session.floor.store, select);
}

export const useWords = () => useTranslation(CALL).t;
