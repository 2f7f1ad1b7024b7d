// The shapes of docs/protocol.md, noun for noun. Nothing here runs.

/** Person id: `u` and 11 base32 digits. Opaque, like every id. */
export type PersonId = string;
export type RoomId = string;
export type FileId = string;
export type CallId = string;
/** Milliseconds since 1970, UTC. */
export type TimeMs = number;
/** Number of an event in its room's log, from 1, dense. */
export type Seq = number;

export type Role = "owner" | "admin" | "moderator" | "member" | "guest";
/** `unknown` is this page's own word: while it is not connected it cannot tell who is here. */
export type Presence = "active" | "away" | "offline" | "unknown";
export type RoomKind = "open" | "closed" | "direct" | "group";
export type NotifyLevel = "all" | "mentions" | "nothing";
export type Locale = "en" | "zh";

export interface Person {
  id: PersonId;
  name: string;
  display_name: string;
  role: Role;
  avatar: string | null;
  presence: Presence;
  deactivated: boolean;
  pinyin: string;
}

export interface Me extends Person {
  has_password: boolean;
  locale: string;
}

export interface LastMessage {
  seq: Seq;
  author: PersonId;
  excerpt: string;
  at: TimeMs;
  /** The call that was since then; null for a message. */
  call?: PastCall | null;
}

export interface PastCall {
  call: CallId;
  duration_ms: number;
  participants: PersonId[];
}

export interface Membership {
  read_seq: Seq;
  /** Other people's messages that still exist, up to 100 (show 99+). */
  unread: number;
  mentions: number;
  pinned: boolean;
  notify: NotifyLevel;
}

export type Speakers = "everyone" | "chosen";

/** A call as everybody who sees its room hears of it. */
export interface RoomCall {
  id: CallId;
  started_at: TimeMs;
  started_by: PersonId;
  /** Who is in, in the order they came. */
  users: PersonId[];
}

export interface Room {
  id: RoomId;
  kind: RoomKind;
  /** Empty for direct and group: show the peers. */
  name: string;
  topic: string;
  created_at: TimeMs;
  archived: boolean;
  epoch: string;
  seq: Seq;
  msg_seq: number;
  member_count: number;
  last_message: LastMessage | null;
  pinyin: string;
  peers: PersonId[];
  me: Membership | null;
  /** Who may speak in its calls; `chosen` makes the room a stage. */
  speakers: Speakers;
  /** The call that goes on there now. */
  call: RoomCall | null;
}

export interface FileInfo {
  id: FileId;
  name: string;
  media_type: string;
  size: number;
  kind: "image" | "file";
  width: number | null;
  height: number | null;
  url: string;
  thumb_url: string | null;
}

export interface ReplyTo {
  seq: Seq;
  author: PersonId;
  excerpt: string;
  deleted: boolean;
}

export interface Reaction {
  emoji: string;
  users: PersonId[];
}

interface EventHead {
  seq: Seq;
  at: TimeMs;
  author: PersonId;
}

export interface MessageEvent extends EventHead {
  kind: "message";
  msg_seq: number;
  client_id: string | null;
  text: string;
  rev: number;
  edited_at: TimeMs | null;
  deleted: boolean;
  reply_to: ReplyTo | null;
  files: FileInfo[];
  reactions: Reaction[];
  mentions: PersonId[];
  mention_all: boolean;
}

export interface EditedEvent extends EventHead {
  kind: "edited";
  target: Seq;
  text: string;
  rev: number;
  edited_at: TimeMs;
  mentions: PersonId[];
  mention_all: boolean;
}

export interface DeletedEvent extends EventHead {
  kind: "deleted";
  target: Seq;
}

export interface ReactedEvent extends EventHead {
  kind: "reacted";
  target: Seq;
  emoji: string;
  on: boolean;
}

export interface PlainEvent extends EventHead {
  kind: "created" | "joined" | "left" | "archived" | "unarchived";
}

export interface MembersEvent extends EventHead {
  kind: "added" | "removed";
  users: PersonId[];
}

export interface RenamedEvent extends EventHead {
  kind: "renamed";
  name: string;
}

export interface TopicEvent extends EventHead {
  kind: "topic";
  topic: string;
}

export interface CallStartedEvent extends EventHead {
  kind: "call_started";
  call: CallId;
}

export interface CallEndedEvent extends EventHead, PastCall {
  kind: "call_ended";
}

export interface SpeakersEvent extends EventHead {
  kind: "speakers";
  speakers: Speakers;
}

/** What stands in the log as a line of its own. */
export type SystemEvent =
  | PlainEvent
  | MembersEvent
  | RenamedEvent
  | TopicEvent
  | CallStartedEvent
  | CallEndedEvent
  | SpeakersEvent;
/** What a history page holds: messages in their newest state, and system lines. */
export type LineEvent = MessageEvent | SystemEvent;
/** What only the live stream carries: it changes a line that is there. */
export type ChangeEvent = EditedEvent | DeletedEvent | ReactedEvent;
export type RoomEvent = LineEvent | ChangeEvent;

// REST answers

export interface PlaceLimits {
  message_chars_max: number;
  file_bytes_max: number;
  name_chars_max: number;
  password_chars_min: number;
}

export interface Place {
  name: string;
  set_up: boolean;
  version: string;
  locale: string;
  limits: PlaceLimits;
}

export interface PlaceBrief {
  name: string;
  version: string;
  /** Calls are switched on here. */
  calls?: boolean;
}

export interface Bootstrap {
  me: Me;
  place: PlaceBrief;
  rooms: Room[];
  people: Person[];
}

export interface EventPage {
  epoch: string;
  /** The room's head at the time of reading. */
  seq: Seq;
  events: LineEvent[];
  has_before: boolean;
  has_after: boolean;
}

export interface Posted {
  epoch: string;
  event: MessageEvent;
  duplicate: boolean;
}

export interface ReadMark {
  read_seq: Seq;
  unread: number;
  mentions: number;
}

export interface SessionInfo {
  id: string;
  created_at: TimeMs;
  last_seen_at: TimeMs;
  user_agent: string;
  address: string;
  current: boolean;
}

export interface TokenInfo {
  id: string;
  name: string;
  created_at: TimeMs;
  last_used_at: TimeMs | null;
}

export interface NewToken {
  token: string;
  id: string;
  name: string;
  created_at: TimeMs;
}

export interface Invite {
  code: string;
  path: string;
  expires_at: TimeMs;
  uses_max: number;
  uses: number;
  role: Role;
  room: RoomId;
  created_by: PersonId;
  created_at: TimeMs;
}

export interface InvitePreview {
  place_name: string;
  invited_by: string;
  room_name: string;
  role: Role;
}

export interface Member {
  user: PersonId;
  joined_at: TimeMs;
  /** On a stage: chosen to speak. */
  may_speak?: boolean;
}

export interface SearchHit {
  room: RoomId;
  event: MessageEvent;
}

export interface SearchPage {
  hits: SearchHit[];
  next: string | null;
}

export type RuleKind = "keyword" | "regex";
export type RuleAction = "mask" | "block" | "log";

export interface RuleDraft {
  pattern: string;
  kind: RuleKind;
  action: RuleAction;
  ignore_separators: boolean;
  whole_word: boolean;
  enabled: boolean;
  note: string;
}

export interface Rule extends RuleDraft {
  id: string;
  created_at: TimeMs;
  hits: number;
}

export interface RuleHit {
  rule: string | null;
  /** Character offsets, end exclusive. */
  start: number;
  end: number;
}

export interface FilterTry {
  action: RuleAction | "none";
  masked: string;
  hits: RuleHit[];
}

export interface FilterDryRun {
  examined: number;
  matched: number;
  samples: { room: RoomId; event: MessageEvent; hits: RuleHit[] }[];
}

export interface AuditEntry {
  id: string;
  at: TimeMs;
  actor: PersonId | null;
  action: string;
  object: string;
  detail: unknown;
}

export interface Health {
  version: string;
  uptime_s: number;
  people: number;
  rooms: number;
  messages: number;
  connections: number;
  data_bytes: number;
  disk_free_bytes: number;
  last_backup_at: TimeMs | null;
  insecure: boolean;
}

/** The way into a call: where the media server's signalling is, and what lets one in. */
export interface CallGrant {
  url: string;
  token: string;
  expires_at: TimeMs;
  /** False for listeners of a stage. */
  speak: boolean;
  /** May mute others, remove them and let them speak. */
  keep: boolean;
}

// Live

export type UserEvent =
  | {
      kind: "activity";
      room: RoomId;
      seq: Seq;
      msg_seq: number;
      at: TimeMs;
      author: PersonId;
      excerpt: string;
      mentions: PersonId[];
      mention_all: boolean;
    }
  | { kind: "activity_deleted"; room: RoomId; seq: Seq }
  | { kind: "read"; room: RoomId; read_seq: Seq; unread: number; mentions: number }
  | { kind: "room"; room: Room }
  | { kind: "room_gone"; room: RoomId }
  /** The call of a room as it is now, or that there is none. */
  | { kind: "call"; room: RoomId; call: RoomCall | null }
  /** Somebody calls me, in a direct or group room. */
  | { kind: "ring"; room: RoomId; call: CallId; from: PersonId }
  | { kind: "call_declined"; room: RoomId; call: CallId; user: PersonId }
  | { kind: "me"; me: Me };

export type PlaceEvent =
  | { kind: "person"; person: Person }
  | { kind: "presence"; changes: { user: PersonId; presence: Presence }[] }
  | { kind: "place"; name: string }
  | { kind: "room_listed"; room: Room };

export interface PostDraft {
  text: string;
  client_id: string;
  reply_to?: Seq | undefined;
  files?: FileId[] | undefined;
}

// Errors

export const ERROR_CODES = [
  "bad_request",
  "unauthenticated",
  "wrong_password",
  "forbidden",
  "foreign_origin",
  "not_found",
  "conflict",
  "name_taken",
  "set_up_already",
  "invite_invalid",
  "too_large",
  "unsupported_media",
  "empty",
  "too_long",
  "weak_password",
  "blocked_words",
  "room_archived",
  "last_owner",
  "rate_limited",
  "busy",
  "read_only",
  "shutting_down",
  "fault",
] as const;

/** The server's codes, and `offline`: the request did not reach it. */
export type ErrorCode = (typeof ERROR_CODES)[number] | "offline";
