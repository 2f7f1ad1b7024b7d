import { useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import { api } from "../client/api";
import { asApiError } from "../client/error";
import type { ErrorCode } from "../client/types";
import { ENDED, useSessionEnd } from "../features/auth/hooks";
import { chooseLocale, localeOf } from "../i18n/setup";
import { usePlaza, useRoomsState } from "../ui/plaza";

const AFTER_LOGIN = "plaza.after_login";

function keepAddress(): void {
  const { pathname, search } = window.location;
  if (pathname !== "/") sessionStorage.setItem(AFTER_LOGIN, pathname + search);
}

/** Where to go when a session begins: what was asked for before, else the rooms. */
export function takeAfterLogin(): string {
  const path = sessionStorage.getItem(AFTER_LOGIN) ?? "/";
  sessionStorage.removeItem(AFTER_LOGIN);
  return path.startsWith("/") && !path.startsWith("//") ? path : "/";
}

async function entrance(): Promise<"/setup" | "/login"> {
  const place = await api.place().catch(() => null);
  return place?.set_up === false ? "/setup" : "/login";
}

export interface Session {
  /** There is something to show: the server's word or the copy on the device. */
  ready: boolean;
  error: ErrorCode | null;
  retry: () => void;
}

/** Starts the client, and leads to the door when nobody is logged in. */
export function useSession(): Session {
  const plaza = usePlaza();
  const ready = useRoomsState((state) => state.me !== null);
  const ended = useStore(plaza.connection.state, (state) => state.value === "ended");
  const [, go] = useLocation();
  const [error, setError] = useState<ErrorCode | null>(null);

  const toDoor = useCallback(async () => {
    keepAddress();
    go(await entrance(), { replace: true });
  }, [go]);

  /** Ended elsewhere: to the door, which says so. The page is loaded anew, so that nothing read stays in its memory. */
  const toEnd = useCallback(() => {
    keepAddress();
    sessionStorage.setItem(ENDED, "yes");
    void plaza.lock().finally(() => window.location.replace("/login"));
  }, [plaza]);

  const start = useCallback(() => {
    setError(null);
    plaza.start().catch((thrown: unknown) => {
      const { code } = asApiError(thrown);
      const known = plaza.rooms.getState().me !== null;
      if (code === "unauthenticated") void (known ? toEnd() : toDoor());
      else setError(code);
    });
  }, [plaza, toDoor, toEnd]);

  useEffect(start, [start]);
  useEffect(() => {
    if (ended) toEnd();
  }, [ended, toEnd]);
  useSessionEnd(toEnd);
  useLocaleOfMe();
  return { ready, error, retry: start };
}

/** On a device where no language was chosen, the person's own counts. */
function useLocaleOfMe(): void {
  const locale = useRoomsState((state) => state.me?.locale);
  useEffect(() => {
    if (locale && localStorage.getItem("plaza.locale") === null) void chooseLocale(localeOf(locale), false);
  }, [locale]);
}
