// The live connection: the unmodified Centrifugo client, with errors as ApiErrors and three plain states.
import { Centrifuge, type PublicationContext, type Subscription } from "centrifuge";
import { createStore, type StoreApi } from "zustand/vanilla";
import { api } from "./api";
import { ApiError, asApiError, errorCodeOf } from "./error";
import type { ErrorCode } from "./types";

/** `ended`: the session is over, only a new log-in helps. */
export type ConnectionState = "connecting" | "online" | "offline" | "ended";

export interface StreamPosition {
  offset: number;
  epoch: string;
}

export interface Subscribed {
  /** What came since the last position follows as publications. */
  recovered: boolean;
  /** It was asked for and cannot be had. */
  lost: boolean;
  position: StreamPosition | null;
}

export interface ChannelHandlers {
  onPublication(data: unknown, from: string | null): void;
  onSubscribed?(about: Subscribed): void;
  onRefused?(error: ApiError): void;
}

export interface Channel {
  publish(data: unknown): void;
  close(): void;
}

export interface Connection {
  state: StoreApi<{ value: ConnectionState }>;
  connect(): void;
  /** Tries again at once instead of waiting out the delay. */
  retry(): void;
  close(): void;
  rpc<T>(method: string, data: unknown): Promise<T>;
  subscribe(channel: string, handlers: ChannelHandlers, since?: StreamPosition): Channel;
}

export interface ConnectionHandlers {
  /** Connected, again or for the first time. */
  onConnected(): void;
  onServerPublication(channel: string, data: unknown): void;
}

/** Centrifugo's own codes below 200, and those of docs/protocol.md, where the message is a code. */
const BY_NUMBER: Record<number, ErrorCode> = {
  100: "fault",
  101: "unauthenticated",
  102: "not_found",
  103: "forbidden",
  106: "too_large",
  107: "bad_request",
  108: "fault",
  109: "unauthenticated",
  111: "rate_limited",
};

/** A rejected rpc or subscription as an ApiError. */
export function asSocketError(error: unknown): ApiError {
  if (typeof error !== "object" || error === null || !("code" in error)) return asApiError(error);
  const { code, message } = error as { code: number; message?: string };
  // Below 100 are the client library's own: timeouts and closed transports.
  if (code < 100) return new ApiError("offline", { detail: message });
  const named = errorCodeOf(message);
  if (named !== "fault") return new ApiError(named, { detail: message });
  return new ApiError(BY_NUMBER[code] ?? "fault", { detail: message });
}

/** Says offline only when connecting has not worked for this long: a blink is not worth a word. */
const OFFLINE_AFTER_MS = 2000;

function endpoint(): string {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${window.location.host}/connection/websocket`;
}

/** The token to connect with; an empty one, which ends the attempts, when the session is over. */
async function tokenFor(state: StoreApi<{ value: ConnectionState }>): Promise<string> {
  try {
    return (await api.socketToken()).token;
  } catch (error) {
    if (asApiError(error).code !== "unauthenticated") throw error;
    state.setState({ value: "ended" });
    return "";
  }
}

/** After the server ended the connection for good: whether the session lives, asked once until it is online again. */
async function sessionLives(): Promise<boolean | null> {
  try {
    await api.socketToken();
    return true;
  } catch (error) {
    return asApiError(error).code === "unauthenticated" ? false : null;
  }
}

function listen(subscription: Subscription, own: ChannelHandlers): void {
  subscription.on("publication", (context: PublicationContext) =>
    own.onPublication(context.data, context.info?.user ?? null),
  );
  subscription.on("subscribed", (context) =>
    own.onSubscribed?.({
      recovered: context.wasRecovering && context.recovered,
      lost: context.wasRecovering && !context.recovered,
      position: context.streamPosition ?? null,
    }),
  );
  subscription.on("unsubscribed", (context) => {
    if (context.code >= 100) {
      own.onRefused?.(asSocketError({ code: context.code, message: context.reason }));
    }
  });
}

function subscribeTo(
  centrifuge: Centrifuge,
  channel: string,
  own: ChannelHandlers,
  since: StreamPosition | undefined,
): Channel {
  const subscription = centrifuge.newSubscription(channel, since ? { since } : {});
  listen(subscription, own);
  subscription.subscribe();
  return {
    publish: (data) => void subscription.publish(data).catch(() => undefined),
    close() {
      subscription.unsubscribe();
      subscription.removeAllListeners();
      centrifuge.removeSubscription(subscription);
    },
  };
}

export function createConnection(handlers: ConnectionHandlers): Connection {
  const state = createStore<{ value: ConnectionState }>(() => ({ value: "connecting" }));
  let offlineTimer: ReturnType<typeof setTimeout> | undefined;
  const clearTimer = () => clearTimeout(offlineTimer);
  /** The server was asked why it closed for good. */
  let asked = false;
  /** Closed by this page, not by the server. */
  let closing = false;
  const centrifuge = new Centrifuge(endpoint(), {
    name: "plaza-web",
    minReconnectDelay: 300,
    maxReconnectDelay: 8000,
    getToken: () => tokenFor(state),
  });

  centrifuge.on("connected", () => {
    clearTimer();
    asked = false;
    state.setState({ value: "online" });
    handlers.onConnected();
  });
  centrifuge.on("connecting", () => {
    if (state.getState().value !== "offline") state.setState({ value: "connecting" });
    clearTimer();
    offlineTimer = setTimeout(() => state.setState({ value: "offline" }), OFFLINE_AFTER_MS);
  });
  centrifuge.on("disconnected", () => {
    clearTimer();
    if (closing || state.getState().value === "ended") return;
    state.setState({ value: "offline" });
    if (!asked) {
      asked = true;
      void ask();
    }
  });
  centrifuge.on("publication", (context) => handlers.onServerPublication(context.channel, context.data));

  async function ask(): Promise<void> {
    const lives = await sessionLives();
    if (closing) return;
    if (lives === false) state.setState({ value: "ended" });
    else if (lives) centrifuge.connect();
  }

  return {
    state,
    connect() {
      closing = false;
      centrifuge.connect();
    },
    retry() {
      if (state.getState().value === "online") return;
      closing = true;
      centrifuge.disconnect();
      closing = false;
      asked = false;
      state.setState({ value: "connecting" });
      centrifuge.connect();
    },
    close() {
      clearTimer();
      closing = true;
      centrifuge.disconnect();
    },
    async rpc<T>(method: string, data: unknown): Promise<T> {
      if (state.getState().value !== "online") throw new ApiError("offline");
      try {
        return (await centrifuge.rpc(method, data)).data as T;
      } catch (error) {
        throw asSocketError(error);
      }
    },
    subscribe: (channel, own, since) => subscribeTo(centrifuge, channel, own, since),
  };
}
