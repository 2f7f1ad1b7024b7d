// Values for tests, with the fields that matter given.
import type { Bootstrap, EventPage, LineEvent, Me, MessageEvent, Person, Room } from "../src/client/types";

export function person(id: string, part: Partial<Person> = {}): Person {
  return {
    id,
    name: id,
    display_name: id,
    role: "member",
    avatar: null,
    presence: "active",
    deactivated: false,
    pinyin: "",
    ...part,
  };
}

export function me(id = "me"): Me {
  return { ...person(id), has_password: true, locale: "en" };
}

export function room(id: string, part: Partial<Room> = {}): Room {
  return {
    id,
    kind: "open",
    name: id,
    topic: "",
    created_at: 1,
    archived: false,
    epoch: "e1",
    seq: 10,
    msg_seq: 5,
    member_count: 2,
    last_message: null,
    pinyin: "",
    peers: [],
    me: { read_seq: 10, unread: 0, mentions: 0, pinned: false, notify: "all" },
    speakers: "everyone",
    call: null,
    ...part,
  };
}

export function bootstrap(rooms: Room[], people: Person[] = []): Bootstrap {
  return { me: me(), place: { name: "Harbour", version: "1" }, rooms, people: [me(), ...people] };
}

export function message(seq: number, part: Partial<MessageEvent> = {}): MessageEvent {
  return {
    kind: "message",
    seq,
    at: seq * 1000,
    author: "ada",
    msg_seq: seq,
    client_id: null,
    text: `message ${seq}`,
    rev: 1,
    edited_at: null,
    deleted: false,
    reply_to: null,
    files: [],
    reactions: [],
    mentions: [],
    mention_all: false,
    ...part,
  };
}

export function page(events: LineEvent[], part: Partial<EventPage> = {}): EventPage {
  return { epoch: "e1", seq: events.at(-1)?.seq ?? 0, events, has_before: false, has_after: false, ...part };
}

/** Lets everything that waits for a promise go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A clock that moves when told, with the timers set on it. */
export function virtualTime(start = 1_000_000) {
  let now = start;
  let timers: { at: number; work: () => void }[] = [];
  return {
    now: () => now,
    later(work: () => void, ms: number) {
      const timer = { at: now + ms, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    async pass(ms: number) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.work();
        await settled();
      }
      now = end;
      await settled();
    },
  };
}
