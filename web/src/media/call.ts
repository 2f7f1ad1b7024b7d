// The call machine: what a call is on this device, and what follows from what happens. Pure: `(state, input)` to the
// next state and what is to be done; `session.ts` does it.
import type { PersonId, RoomId, TimeMs } from "../client/types";
import type { DeviceProblem } from "./devices";
import { keepSame, type MediaPerson, type Source } from "./people";

/**
 * Why a call is over here: `moved` to another device of mine, `removed` by a moderator, `closed` for everybody,
 * `refused` by the rules, `full`, `missing` when the room has no call to join, `unreachable` when the server answers but
 * no media gets through, `gone` when it does not answer at all.
 */
export type EndReason =
  | "moved"
  | "removed"
  | "closed"
  | "refused"
  | "full"
  | "missing"
  | "unreachable"
  | "unsupported"
  | "gone";

export type CallPhase =
  | { name: "idle" }
  | { name: "previewing" }
  | { name: "joining" }
  | { name: "in" }
  /** `attempt` counts whole new joins; 0 while the media client heals the line by itself. */
  | { name: "reconnecting"; since: TimeMs; attempt: number }
  | { name: "ended"; reason: EndReason };

export type Wish = Record<Source, boolean>;

/** What one is told for a moment. */
export type Notice = "muted" | "may_speak" | "may_not_speak";

export interface Reaction {
  id: number;
  from: PersonId;
  emoji: string;
  at: TimeMs;
}

export interface Caption {
  /** The speaker's own id of the sentence; a later text with the same one replaces it. */
  id: string;
  from: PersonId;
  text: string;
  final: boolean;
  at: TimeMs;
}

export interface CallState {
  room: RoomId | null;
  phase: CallPhase;
  /** I keep order here: may mute others, remove them and let them speak. */
  keep: boolean;
  /** What I want to send. The microphone is also open while the talk key is held. */
  wish: Wish;
  held: boolean;
  /** A change of what I send is under way: until it is done, what arrives is not my wish. */
  pending: Record<Source, boolean>;
  people: MediaPerson[];
  joinedAt: TimeMs | null;
  troubles: Partial<Record<Source, DeviceProblem>>;
  /** The browser plays no sound until something is pressed. */
  soundBlocked: boolean;
  notice: Notice | null;
  reactions: Reaction[];
  captions: Caption[];
}

export type Input =
  | { type: "open"; room: RoomId; ask: boolean; wish: Wish; at: TimeMs }
  | { type: "join"; wish: Wish }
  | { type: "joined"; keep: boolean; at: TimeMs }
  | { type: "refused"; reason: EndReason; at: TimeMs }
  | { type: "line"; healthy: boolean; at: TimeMs }
  | { type: "dropped"; reason: EndReason | "lost"; at: TimeMs }
  | { type: "rejoin" }
  | { type: "people"; people: MediaPerson[] }
  | { type: "wish"; source: Source; on: boolean }
  | { type: "hold"; on: boolean }
  | { type: "sent"; source: Source; problem: DeviceProblem | null }
  | { type: "trouble"; source: Source; problem: DeviceProblem | null }
  | { type: "sound"; blocked: boolean }
  | { type: "reaction"; from: PersonId; emoji: string; at: TimeMs }
  | { type: "caption"; caption: Caption }
  | { type: "tick"; at: TimeMs }
  | { type: "noticed" }
  | { type: "leave" };

export type Effect =
  | { do: "connect"; room: RoomId }
  | { do: "rejoin_later"; delayMs: number }
  | { do: "disconnect" }
  | { do: "send"; source: Source; on: boolean };

export interface Step {
  state: CallState;
  effects: Effect[];
}

const nothing: Wish = { microphone: false, camera: false, screen: false };

export const idleCall: CallState = {
  room: null,
  phase: { name: "idle" },
  keep: false,
  wish: nothing,
  held: false,
  pending: nothing,
  people: [],
  joinedAt: null,
  troubles: {},
  soundBlocked: false,
  notice: null,
  reactions: [],
  captions: [],
};

/** Waits between whole new joins; the session spreads them a little. */
const REJOIN_DELAYS_MS = [300, 700, 1500, 3000, 5000];
/** So long it is tried to come back by itself. */
export const REJOIN_MS_MAX = 180_000;
export const REACTION_SHOWN_MS = 4000;
const REACTIONS_MAX = 12;
export const CAPTION_SHOWN_MS = 6000;
const CAPTIONS_MAX = 3;

/** True while one is in the call or on the way back into it. */
export function isIn(phase: CallPhase): boolean {
  return phase.name === "in" || phase.name === "reconnecting";
}

/** True while a call holds the stage of its room. */
function isOpen(phase: CallPhase): boolean {
  return phase.name !== "idle";
}

const same = (state: CallState): Step => ({ state, effects: [] });

function myself(state: CallState): MediaPerson | undefined {
  return state.people.find((person) => person.me);
}

/** What is to be sent of a source now. */
function isSending(state: CallState, source: Source): boolean {
  return source === "microphone" ? state.wish.microphone || state.held : state.wish[source];
}

function send(state: CallState, sources: Source[]): Step {
  const may = myself(state)?.mayPublish ?? true;
  const effects = sources.map(
    (source): Effect => ({ do: "send", source, on: may && isSending(state, source) }),
  );
  const pending = { ...state.pending };
  for (const source of sources) pending[source] = true;
  return { state: { ...state, pending }, effects };
}

/** After a change of the wish: sends what differs from before, when one is in. */
function resend(before: CallState, after: CallState, source: Source): Step {
  const differs = isSending(before, source) !== isSending(after, source);
  return isIn(after.phase) && differs ? send(after, [source]) : same(after);
}

function end(state: CallState, reason: EndReason): Step {
  const phase: CallPhase = { name: "ended", reason };
  const ended = { ...idleCall, room: state.room, phase, wish: { ...state.wish, screen: false } };
  return { state: ended, effects: [{ do: "disconnect" }] };
}

function delayOf(attempt: number): number {
  return REJOIN_DELAYS_MS[Math.min(attempt, REJOIN_DELAYS_MS.length) - 1] ?? 0;
}

/** One more whole new join, or the end of trying. A screen cannot be shared again without a click. */
function again(state: CallState, at: TimeMs): Step {
  const { phase } = state;
  const since = phase.name === "reconnecting" ? phase.since : at;
  const attempt = (phase.name === "reconnecting" ? phase.attempt : 0) + 1;
  if (at - since >= REJOIN_MS_MAX) return end(state, "gone");
  const next: CallState = {
    ...state,
    phase: { name: "reconnecting", since, attempt },
    wish: { ...state.wish, screen: false },
    pending: nothing,
  };
  return { state: next, effects: [{ do: "rejoin_later", delayMs: delayOf(attempt) }] };
}

/** Reasons that may pass by waiting. */
const PASSING: ReadonlySet<EndReason> = new Set<EndReason>(["gone", "unreachable"]);

function refused(state: CallState, reason: EndReason, at: TimeMs): Step {
  if (state.phase.name === "reconnecting" && PASSING.has(reason)) return again(state, at);
  return state.phase.name === "joining" || state.phase.name === "reconnecting"
    ? end(state, reason)
    : same(state);
}

/** Sends what is wished: at the beginning, and again after a break, in case something of it was lost. */
function sendWishes(state: CallState): Step {
  const wanted: Source[] = [];
  if (isSending(state, "microphone")) wanted.push("microphone");
  if (state.wish.camera) wanted.push("camera");
  return send(state, wanted);
}

function joined(state: CallState, { keep, at }: Extract<Input, { type: "joined" }>): Step {
  if (state.phase.name !== "joining" && state.phase.name !== "reconnecting") return same(state);
  const phase: CallPhase = { name: "in" };
  return sendWishes({ ...state, phase, keep, joinedAt: state.joinedAt ?? at, held: false });
}

function line(state: CallState, healthy: boolean, at: TimeMs): Step {
  const { phase } = state;
  if (!healthy && phase.name === "in") {
    return same({ ...state, phase: { name: "reconnecting", since: at, attempt: 0 } });
  }
  if (healthy && phase.name === "reconnecting" && phase.attempt === 0) {
    return sendWishes({ ...state, phase: { name: "in" } });
  }
  return same(state);
}

/** What I send was ended by somebody else: a moderator muted me, the browser's own button ended the screen. */
function asSent(state: CallState, me: MediaPerson): CallState {
  const wish = { ...state.wish };
  let { notice } = state;
  if (wish.microphone && !state.pending.microphone && me.microphone !== "on") {
    wish.microphone = false;
    if (state.troubles.microphone === undefined) notice = "muted";
  }
  if (wish.camera && !state.pending.camera && me.camera === null) wish.camera = false;
  if (wish.screen && !state.pending.screen && me.screen === null) wish.screen = false;
  return { ...state, wish, notice };
}

/** While the line is being healed only I am there: the others keep their tiles until they are seen again. */
function heldPeople(state: CallState, people: MediaPerson[]): MediaPerson[] {
  const seen = new Set(people.map(({ id }) => id));
  const waiting = state.people
    .filter((person) => !person.me && !seen.has(person.id))
    .map((person) => ({ ...person, camera: null, screen: null, speaking: false }));
  return [...people, ...waiting];
}

function withPeople(state: CallState, given: MediaPerson[]): Step {
  if (state.phase.name === "reconnecting") {
    return same({ ...state, people: keepSame(state.people, heldPeople(state, given)) });
  }
  const before = myself(state);
  const people = keepSame(state.people, given);
  const me = people.find((person) => person.me);
  let next: CallState = { ...state, people };
  if (me === undefined || state.phase.name !== "in") return same(next);
  if (before !== undefined && before.mayPublish !== me.mayPublish) {
    const notice: Notice = me.mayPublish ? "may_speak" : "may_not_speak";
    return same({ ...next, notice, wish: nothing, held: false });
  }
  next = asSent(next, me);
  return same(next);
}

function caption(state: CallState, said: Caption): CallState {
  const others = state.captions.filter(({ id, from }) => id !== said.id || from !== said.from);
  return { ...state, captions: [...others, said].slice(-CAPTIONS_MAX) };
}

function tick(state: CallState, at: TimeMs): CallState {
  const reactions = state.reactions.filter((one) => at - one.at < REACTION_SHOWN_MS);
  const captions = state.captions.filter((one) => at - one.at < CAPTION_SHOWN_MS);
  const none = reactions.length === state.reactions.length && captions.length === state.captions.length;
  return none ? state : { ...state, reactions, captions };
}

let reactionId = 0;

function reacted(state: CallState, from: PersonId, emoji: string, at: TimeMs): CallState {
  reactionId += 1;
  const one = { id: reactionId, from, emoji, at };
  return { ...state, reactions: [...state.reactions, one].slice(-REACTIONS_MAX) };
}

function withTrouble(state: CallState, source: Source, problem: DeviceProblem | null): CallState {
  const { [source]: _, ...troubles } = state.troubles;
  return { ...state, troubles: problem === null ? troubles : { ...troubles, [source]: problem } };
}

/** A source was switched as asked, or could not be: then it is not my wish any more, and the page says why. */
function sent(state: CallState, source: Source, problem: DeviceProblem | null): Step {
  const pending = { ...state.pending, [source]: false };
  const next = { ...withTrouble(state, source, problem), pending };
  if (problem === null) return same(next);
  return same({ ...next, wish: { ...next.wish, [source]: false }, held: false });
}

function open(state: CallState, input: Extract<Input, { type: "open" }>): Step {
  if (isIn(state.phase) && state.room === input.room) return same(state);
  const effects: Effect[] = isOpen(state.phase) ? [{ do: "disconnect" }] : [];
  const phase: CallPhase = { name: input.ask ? "previewing" : "joining" };
  const next = { ...idleCall, room: input.room, phase, wish: { ...input.wish, screen: false } };
  if (!input.ask) effects.push({ do: "connect", room: input.room });
  return { state: next, effects };
}

function join(state: CallState, wish: Wish): Step {
  if (state.room === null || isIn(state.phase) || state.phase.name === "joining") return same(state);
  const next: CallState = { ...idleCall, room: state.room, phase: { name: "joining" }, wish };
  return { state: next, effects: [{ do: "connect", room: state.room }] };
}

export function step(state: CallState, input: Input): Step {
  switch (input.type) {
    case "open":
      return open(state, input);
    case "join":
      return join(state, input.wish);
    case "joined":
      return joined(state, input);
    case "refused":
      return refused(state, input.reason, input.at);
    case "line":
      return line(state, input.healthy, input.at);
    case "dropped":
      if (!isIn(state.phase)) return same(state);
      return input.reason === "lost" ? again(state, input.at) : end(state, input.reason);
    case "rejoin":
      return state.phase.name === "reconnecting" && state.room !== null
        ? { state, effects: [{ do: "connect", room: state.room }] }
        : same(state);
    case "people":
      return withPeople(state, input.people);
    case "wish":
      return resend(
        state,
        { ...withTrouble(state, input.source, null), wish: { ...state.wish, [input.source]: input.on } },
        input.source,
      );
    case "hold":
      return resend(state, { ...state, held: input.on }, "microphone");
    case "sent":
      return sent(state, input.source, input.problem);
    case "trouble":
      return same(withTrouble(state, input.source, input.problem));
    case "sound":
      return same({ ...state, soundBlocked: input.blocked });
    case "reaction":
      return same(reacted(state, input.from, input.emoji, input.at));
    case "caption":
      return same(caption(state, input.caption));
    case "tick":
      return same(tick(state, input.at));
    case "noticed":
      return same({ ...state, notice: null });
    case "leave":
      return { state: idleCall, effects: isOpen(state.phase) ? [{ do: "disconnect" }] : [] };
  }
}
