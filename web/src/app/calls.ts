// Where calls meet the rest of the page: lazily fetched parts, and what a press on "call" does.
import { lazy, useCallback } from "react";
import { useRoute } from "wouter";
import type { RoomId } from "../client/types";
import { useCalls, useCallsState } from "../ui/calls";

/** The words come along with whatever of a call is drawn first. */
async function withTexts<T>(part: Promise<T>): Promise<T> {
  const [loaded, texts] = await Promise.all([part, import("../i18n/call")]);
  texts.addCallTexts();
  return loaded;
}

export const Stage = lazy(() => withTexts(import("../features/call/Stage")));
export const CallHome = lazy(() => withTexts(import("../features/call/Home")));
export const Ringing = lazy(() => withTexts(import("../features/call/Ringing")));

/** The stage of this room is taken by my call and not put away. */
export function useStaged(room: RoomId | null): boolean {
  return useCallsState(
    (state) => room !== null && state.room === room && state.phase !== "idle" && !state.hidden,
  );
}

/** Starts the call of a room, joins it, or brings its stage back. */
export function useOpenCall(room: RoomId): () => void {
  const calls = useCalls();
  return useCallback(() => {
    const { room: now, phase, hidden } = calls.store.getState();
    if (now === room && phase !== "idle") calls.hide(!hidden);
    else void calls.open(room);
  }, [calls, room]);
}

/** The room whose page is shown; null on every other page. */
export function useShownRoom(): RoomId | null {
  const [exact, params] = useRoute<{ room: string; seq?: string }>("/r/:room/:seq?");
  return exact ? params.room : null;
}
