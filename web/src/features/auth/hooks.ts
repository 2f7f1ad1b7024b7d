// What the ways in need of the browser and the server.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import type { Me } from "../../client/types";
import { chooseLocale, localeOf } from "../../i18n/setup";

/** In the tab's storage when a session was ended elsewhere, until somebody logs in. */
export const ENDED = "plaza.ended";

/** True at the door when one did not leave by oneself. */
export function useWasEnded(): { ended: boolean; forget: () => void } {
  const [ended] = useState(() => sessionStorage.getItem(ENDED) !== null);
  return { ended, forget: () => sessionStorage.removeItem(ENDED) };
}

export function usePlaceInfo() {
  return useQuery({ queryKey: ["place"], queryFn: api.place });
}

export function useInvitePreview(code: string) {
  return useQuery({ queryKey: ["invite", code], queryFn: () => api.invitePreview(code), retry: false });
}

/** Seconds until a refused call may be made again, counting down; 0 when nothing holds it back. */
export function useWaitS(error: unknown): number {
  const [waitS, setWaitS] = useState(0);
  useEffect(() => {
    const waitMs = error === null || error === undefined ? null : asApiError(error).retryAfterMs;
    if (waitMs === null) {
      setWaitS(0);
      return;
    }
    const until = Date.now() + waitMs;
    const left = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
    setWaitS(left());
    const clock = setInterval(() => {
      setWaitS(left());
      if (left() === 0) clearInterval(clock);
    }, 250);
    return () => clearInterval(clock);
  }, [error]);
  return waitS;
}

/** The screen speaks the language that the person chose when they were last here. */
export function speakLanguageOf(me: Me): void {
  void chooseLocale(localeOf(me.locale));
}

/**
 * Calls back once when any call of this page is answered "unauthenticated": the session has ended elsewhere.
 * For the frame around the pages that need a session.
 */
export function useSessionEnd(onEnded: () => void): void {
  const queries = useQueryClient();
  useEffect(() => {
    let ended = false;
    const look = (error: unknown) => {
      if (ended || error === null || error === undefined) return;
      if (asApiError(error).code !== "unauthenticated") return;
      ended = true;
      onEnded();
    };
    const reads = queries.getQueryCache().subscribe(({ query }) => look(query.state.error));
    const writes = queries.getMutationCache().subscribe(({ mutation }) => look(mutation?.state.error));
    return () => {
      reads();
      writes();
    };
  }, [queries, onEnded]);
}

/** Forgets what was read for whoever was here before; call it when somebody comes in. */
export function useFreshStart(): () => void {
  const queries = useQueryClient();
  return () => queries.clear();
}
