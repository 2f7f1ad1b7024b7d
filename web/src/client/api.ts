// The REST calls of docs/protocol.md, typed. Knows no store and no screen; every failure is an ApiError.
import { ApiError, errorCodeOf } from "./error";
import type * as t from "./types";

const BASE = "/api/v1";

export interface RequestOptions {
  query?: Record<string, string | number | null | undefined>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

interface Problem {
  code?: unknown;
  detail?: string;
  request_id?: string;
  retry_after_ms?: number;
  field?: string;
}

function address(path: string, query: RequestOptions["query"]): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return `${BASE}${path}${text === "" ? "" : `?${text}`}`;
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem: Problem = await response.json().catch(() => ({}));
  const retryAfterS = Number(response.headers.get("retry-after") ?? "");
  const retryAfterMs = problem.retry_after_ms ?? (retryAfterS > 0 ? retryAfterS * 1000 : undefined);
  const code = problem.code === undefined && response.status === 502 ? "offline" : errorCodeOf(problem.code);
  return new ApiError(code, {
    detail: problem.detail,
    status: response.status,
    field: problem.field,
    retryAfterMs,
    requestId: problem.request_id,
  });
}

async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (options.signal) init.signal = options.signal;
  if (options.body instanceof Blob) {
    init.body = options.body;
    init.headers = {
      accept: "application/json",
      "content-type": options.body.type || "application/octet-stream",
    };
  } else if (method !== "GET") {
    init.body = JSON.stringify(options.body ?? {});
    init.headers = { accept: "application/json", "content-type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("offline");
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return {} as T;
  return (await response.json()) as T;
}

export const get = <T>(path: string, options?: RequestOptions) => request<T>("GET", path, options);
export const post = <T>(path: string, body?: unknown) => request<T>("POST", path, { body });
const put = <T>(path: string, body?: unknown) => request<T>("PUT", path, { body });
export const patch = <T>(path: string, body?: unknown) => request<T>("PATCH", path, { body });
export const remove = <T>(path: string) => request<T>("DELETE", path);
export const part = encodeURIComponent;

export const api = {
  // the place and the way in
  place: () => get<t.Place>("/place"),
  renamePlace: (name: string) => patch<t.Place>("/place", { name }),
  setUp: (body: { place_name: string; display_name: string; password: string; locale: string }) =>
    post<{ me: t.Me; lobby: t.RoomId }>("/setup", body),
  logIn: (body: { name: string; password: string }) => post<{ me: t.Me }>("/session", body),
  logOut: () => remove<unknown>("/session"),
  sessions: () => get<{ sessions: t.SessionInfo[] }>("/sessions"),
  endSession: (id: string) => remove<unknown>(`/sessions/${part(id)}`),
  socketToken: () => post<{ token: string; expires_at: t.TimeMs }>("/socket-token"),
  bootstrap: () => get<t.Bootstrap>("/bootstrap"),

  // me
  patchMe: (body: { display_name?: string; name?: string; locale?: string }) => patch<t.Me>("/me", body),
  changePassword: (current: string | null, next: string) =>
    post<unknown>("/me/password", { current, new: next }),
  putAvatar: (image: Blob) => request<t.Me>("PUT", "/me/avatar", { body: image }),
  deleteAvatar: () => remove<t.Me>("/me/avatar"),
  tokens: () => get<{ tokens: t.TokenInfo[] }>("/tokens"),
  createToken: (name: string) => post<t.NewToken>("/tokens", { name }),
  deleteToken: (id: string) => remove<unknown>(`/tokens/${part(id)}`),

  // invites
  invites: () => get<{ invites: t.Invite[] }>("/invites"),
  createInvite: (body: { expires_in_s?: number; uses_max?: number; role?: t.Role; room?: t.RoomId }) =>
    post<t.Invite>("/invites", body),
  deleteInvite: (code: string) => remove<unknown>(`/invites/${part(code)}`),
  invitePreview: (code: string) => get<t.InvitePreview>(`/invites/${part(code)}`),
  acceptInvite: (code: string, body: { display_name: string; password: string | null; locale: string }) =>
    post<{ me: t.Me; room: t.RoomId }>(`/invites/${part(code)}/accept`, body),

  // people
  people: () => get<{ people: t.Person[] }>("/people"),
  patchPerson: (id: t.PersonId, body: { role?: t.Role; deactivated?: boolean }) =>
    patch<t.Person>(`/people/${part(id)}`, body),
  resetPassword: (id: t.PersonId) => post<{ password: string }>(`/people/${part(id)}/reset-password`),

  // rooms
  rooms: () => get<{ rooms: t.Room[] }>("/rooms"),
  room: (id: t.RoomId) => get<t.Room>(`/rooms/${part(id)}`),
  createRoom: (body: { kind: t.RoomKind; name: string; topic: string; members: t.PersonId[] }) =>
    post<t.Room>("/rooms", body),
  patchRoom: (
    id: t.RoomId,
    body: { name?: string; topic?: string; archived?: boolean; speakers?: t.Speakers },
  ) => patch<t.Room>(`/rooms/${part(id)}`, body),
  joinRoom: (id: t.RoomId) => post<t.Room>(`/rooms/${part(id)}/join`),
  leaveRoom: (id: t.RoomId) => post<unknown>(`/rooms/${part(id)}/leave`),
  members: (id: t.RoomId) => get<{ members: t.Member[] }>(`/rooms/${part(id)}/members`),
  addMembers: (id: t.RoomId, users: t.PersonId[]) => post<unknown>(`/rooms/${part(id)}/members`, { users }),
  removeMember: (id: t.RoomId, user: t.PersonId) =>
    remove<unknown>(`/rooms/${part(id)}/members/${part(user)}`),
  preferences: (id: t.RoomId, body: { pinned?: boolean; notify?: t.NotifyLevel }) =>
    put<t.Room>(`/rooms/${part(id)}/preferences`, body),
  read: (id: t.RoomId, seq: t.Seq, rewind = false) =>
    put<t.ReadMark>(`/rooms/${part(id)}/read`, rewind ? { seq, rewind } : { seq }),

  // the log
  events: (
    id: t.RoomId,
    query: { before?: t.Seq; after?: t.Seq; around?: t.Seq; limit?: number },
    signal?: AbortSignal,
  ) => get<t.EventPage>(`/rooms/${part(id)}/events`, { query, signal }),
  postMessage: (id: t.RoomId, draft: t.PostDraft) => post<t.Posted>(`/rooms/${part(id)}/messages`, draft),
  editMessage: (id: t.RoomId, seq: t.Seq, text: string) =>
    patch<t.MessageEvent>(`/rooms/${part(id)}/messages/${seq}`, { text }),
  deleteMessage: (id: t.RoomId, seq: t.Seq) => remove<unknown>(`/rooms/${part(id)}/messages/${seq}`),
  react: (id: t.RoomId, seq: t.Seq, emoji: string, on: boolean) =>
    request<unknown>(on ? "PUT" : "DELETE", `/rooms/${part(id)}/messages/${seq}/reactions/${part(emoji)}`),
  search: (
    query: {
      q: string;
      room?: t.RoomId;
      from?: t.PersonId;
      before?: t.TimeMs;
      limit?: number;
      cursor?: string;
    },
    signal?: AbortSignal,
  ) => get<t.SearchPage>("/search", { query, signal }),

  // calls
  joinCall: (id: t.RoomId) => post<t.CallGrant>(`/rooms/${part(id)}/call`),
  endCall: (id: t.RoomId) => remove<unknown>(`/rooms/${part(id)}/call`),
  declineCall: (id: t.RoomId) => post<unknown>(`/rooms/${part(id)}/call/decline`),
  moderateCall: (id: t.RoomId, user: t.PersonId, body: { muted?: boolean; may_speak?: boolean }) =>
    put<unknown>(`/rooms/${part(id)}/call/participants/${part(user)}`, body),
  removeFromCall: (id: t.RoomId, user: t.PersonId) =>
    remove<unknown>(`/rooms/${part(id)}/call/participants/${part(user)}`),

  // the word filter
  rules: () => get<{ rules: t.Rule[] }>("/filter/rules"),
  createRule: (draft: t.RuleDraft) => post<t.Rule>("/filter/rules", draft),
  patchRule: (id: string, draft: Partial<t.RuleDraft>) => patch<t.Rule>(`/filter/rules/${part(id)}`, draft),
  deleteRule: (id: string) => remove<unknown>(`/filter/rules/${part(id)}`),
  tryFilter: (text: string, rule?: t.RuleDraft) =>
    post<t.FilterTry>("/filter/try", rule === undefined ? { text } : { text, rule }),
  dryRunFilter: (rule: t.RuleDraft, limit?: number) =>
    post<t.FilterDryRun>("/filter/dry-run", limit === undefined ? { rule } : { rule, limit }),

  // the machine
  audit: (query: { before?: string; limit?: number }) =>
    get<{ entries: t.AuditEntry[] }>("/audit", { query }),
  health: () => get<t.Health>("/health"),
};

export type Api = typeof api;

/** Sends one file with progress (0 to 1). `fetch` cannot tell upload progress, so this is an XMLHttpRequest. */
export function uploadFile(
  room: t.RoomId,
  file: File,
  about: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
): Promise<t.FileInfo> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", address("/files", { room, name: file.name }));
    call.setRequestHeader("content-type", file.type || "application/octet-stream");
    call.responseType = "json";
    call.upload.onprogress = (event) => {
      if (event.lengthComputable) about.onProgress?.(event.loaded / event.total);
    };
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) return resolve(call.response as t.FileInfo);
      const problem = (call.response ?? {}) as Problem;
      reject(new ApiError(errorCodeOf(problem.code), { detail: problem.detail, status: call.status }));
    };
    call.onerror = () => reject(new ApiError("offline"));
    call.onabort = () => reject(new DOMException("aborted", "AbortError"));
    about.signal?.addEventListener("abort", () => call.abort());
    call.send(file);
  });
}
