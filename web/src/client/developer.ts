// What developers and operators see: keys, secrets, live connections, bans, webhooks. `/developer` of docs/protocol.md,
// noun for noun. Apart from api.ts, because only the lazy pages of the administration need it.
import { get, part, patch, post, remove } from "./api";
import type { PersonId, TimeMs } from "./types";

/** The server lists at most so many connections at once. */
export const CONNECTIONS_MAX = 500;

export interface Overview {
  /** What stands in the configuration file beside what is listed. */
  configured: { keys: number; token_secrets: number; webhooks: number };
  /** Names of switches that are on and open the server: `client.insecure`. */
  insecure: string[];
  allow_private: boolean;
}

interface Made {
  id: string;
  name: string;
  created_at: TimeMs;
}

export interface ApiKey extends Made {
  created_by: PersonId;
  /** To the hour. */
  last_used_at: TimeMs | null;
}

/** With the key itself, which is told this once. */
export interface NewApiKey extends Made {
  key: string;
}

export interface TokenSecret extends Made {
  created_by: PersonId;
  /** Null: in force. A time: rotated, tokens signed with it hold until then. */
  ends_at: TimeMs | null;
}

export interface NewTokenSecret extends Made {
  secret: string;
}

export interface Ban {
  id: string;
  /** An app user's name or a person's id; exactly one of `user` and `address` is there. */
  user: string | null;
  /** An address or a network: `203.0.113.0/24`. */
  address: string | null;
  /** Empty when none was given. */
  reason: string;
  created_at: TimeMs;
  created_by: PersonId;
  ends_at: TimeMs | null;
}

export interface BanDraft {
  user?: string;
  address?: string;
  reason?: string;
  seconds?: number;
}

export interface Revocation {
  id: string;
  user: string | null;
  /** Tokens of the user issued before this are refused. */
  before: TimeMs | null;
  jti: string | null;
  created_at: TimeMs;
  created_by: PersonId;
  ends_at: TimeMs | null;
}

export type RevocationDraft = { user: string; before?: TimeMs } | { jti: string; seconds?: number };

export const WEBHOOK_EVENTS = ["connect", "disconnect", "join", "leave"] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export interface WebhookState {
  waiting: number;
  delivered: number;
  failing_since: TimeMs | null;
  last_error: string | null;
  last_status: number | null;
  next_try_at: TimeMs | null;
  /** Given up because too much waited. */
  lost: number;
}

export interface WebhookDraft {
  name: string;
  url: string;
  events: WebhookEvent[];
  /** Names, or with `*` at the end; empty: all. For join and leave only. */
  channels: string[];
  enabled: boolean;
}

export interface Webhook extends WebhookDraft {
  id: string;
  /** From the configuration file: it cannot be changed here. */
  configured: boolean;
  /** Null for one of the configuration file. */
  created_at: TimeMs | null;
  created_by: PersonId | null;
  state: WebhookState;
}

export interface WebhookTest {
  status: number | null;
  error: string | null;
  duration_ms: number;
}

export interface LiveConnection {
  client: string;
  user: string;
  dialect: string;
  transport: string;
  address: string;
  connected_at: TimeMs;
  /** The first twenty. */
  subscriptions: string[];
  subscription_count: number;
  unsent_bytes: number;
}

export interface LiveChannel {
  channel: string;
  subscribers: number;
  /** Publications kept in memory; null when none are. */
  history: number | null;
}

export interface LiveStats {
  connections: number;
  users: number;
  channels: number;
  subscriptions: number;
  cut_off: number;
  dropped: number;
  recoveries: { asked: number; succeeded: number };
  messages_in_per_s: number;
  messages_out_per_s: number;
  limited: number;
}

export const developer = {
  overview: () => get<Overview>("/developer"),

  keys: () => get<{ keys: ApiKey[] }>("/developer/keys"),
  createKey: (name: string) => post<NewApiKey>("/developer/keys", { name }),
  revokeKey: (id: string) => remove<unknown>(`/developer/keys/${part(id)}`),

  secrets: () => get<{ secrets: TokenSecret[] }>("/developer/secrets"),
  createSecret: (name: string) => post<NewTokenSecret>("/developer/secrets", { name }),
  rotateSecret: (id: string, keep_s: number) =>
    post<NewTokenSecret>(`/developer/secrets/${part(id)}/rotate`, { keep_s }),
  revokeSecret: (id: string) => remove<unknown>(`/developer/secrets/${part(id)}`),

  bans: () => get<{ bans: Ban[] }>("/developer/bans"),
  createBan: (draft: BanDraft) => post<Ban>("/developer/bans", draft),
  liftBan: (id: string) => remove<unknown>(`/developer/bans/${part(id)}`),

  revocations: () => get<{ revocations: Revocation[] }>("/developer/revocations"),
  createRevocation: (draft: RevocationDraft) => post<Revocation>("/developer/revocations", draft),
  deleteRevocation: (id: string) => remove<unknown>(`/developer/revocations/${part(id)}`),

  webhooks: () =>
    get<{ webhooks: Webhook[]; outbox: { events: number; events_max: number; dropped: number } }>(
      "/developer/webhooks",
    ),
  createWebhook: (draft: WebhookDraft) =>
    post<{ secret: string; webhook: Webhook }>("/developer/webhooks", draft),
  patchWebhook: (id: string, draft: Partial<WebhookDraft>) =>
    patch<Webhook>(`/developer/webhooks/${part(id)}`, draft),
  deleteWebhook: (id: string) => remove<unknown>(`/developer/webhooks/${part(id)}`),
  renewWebhookSecret: (id: string) =>
    post<{ secret: string; webhook: Webhook }>(`/developer/webhooks/${part(id)}/secret`),
  testWebhook: (id: string) => post<WebhookTest>(`/developer/webhooks/${part(id)}/test`),

  connections: (query: { user?: string; channel?: string; limit?: number }) =>
    get<{ connections: LiveConnection[]; more: boolean }>("/developer/connections", { query }),
  channels: (query: { prefix?: string; limit?: number }) =>
    get<{ channels: LiveChannel[]; more: boolean }>("/developer/channels", { query }),
  stats: () => get<LiveStats>("/developer/stats"),
  endConnection: (client: string) => remove<unknown>(`/developer/connections/${part(client)}`),
  disconnect: (user: string) => post<unknown>("/developer/disconnect", { user }),
  unsubscribe: (user: string, channel: string) => post<unknown>("/developer/unsubscribe", { user, channel }),
  publish: (channel: string, data: unknown) => post<unknown>("/developer/publish", { channel, data }),
};
