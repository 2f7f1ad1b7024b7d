// Who is here and which rooms are mine, with counts: bootstrap plus the `user:` and `place` events. Pure.
import type {
  Bootstrap,
  CallId,
  Me,
  Person,
  PersonId,
  PlaceBrief,
  PlaceEvent,
  Room,
  RoomCall,
  RoomId,
  Seq,
  UserEvent,
} from "./types";

export interface RoomsState {
  me: Me | null;
  place: PlaceBrief | null;
  /** Rooms I am a member of. */
  rooms: Record<RoomId, Room>;
  /** Open rooms I am not in, as far as heard of. */
  listed: Record<RoomId, Room>;
  people: Record<PersonId, Person>;
  /** The room that is on screen, in focus and scrolled to its end: what arrives there is read as it comes. */
  watching: RoomId | null;
  /** True when the server has confirmed the state, false while it is the copy kept on the device. */
  fresh: boolean;
  /** Who calls me now, until I answer, they give up or it is answered elsewhere. */
  rings: Record<RoomId, Ring>;
  /** Who declined last to come into a call. */
  declined: Ring | null;
}

export interface Ring {
  room: RoomId;
  call: CallId;
  from: PersonId;
}

/** Counts stop here, as the server's do. */
export const UNREAD_MAX = 100;

export const emptyRooms: RoomsState = {
  me: null,
  place: null,
  rooms: {},
  listed: {},
  people: {},
  watching: null,
  fresh: false,
  rings: {},
  declined: null,
};

export function applyBootstrap(state: RoomsState, data: Bootstrap, fresh = true): RoomsState {
  const people: Record<PersonId, Person> = Object.fromEntries(
    data.people.map((person) => [person.id, person]),
  );
  people[data.me.id] = { ...people[data.me.id], ...data.me };
  const rooms = Object.fromEntries(data.rooms.map((room) => [room.id, room]));
  const listed = Object.fromEntries(Object.entries(state.listed).filter(([id]) => rooms[id] === undefined));
  const next = { ...state, me: data.me, place: data.place, rooms, listed, people, fresh };
  return fresh ? next : withoutCalls(withoutPresence(next));
}

/** The device's copy is of another time: which calls go on now, it cannot tell. */
function withoutCalls(state: RoomsState): RoomsState {
  const rooms = Object.fromEntries(
    Object.values(state.rooms).map((room) => [room.id, { ...room, call: null }]),
  );
  return { ...state, rooms };
}

/** Without a connection nobody's presence is known, and I am not here for the others. */
export function withoutPresence(state: RoomsState): RoomsState {
  const me = state.me === null ? null : { ...state.me, presence: "offline" as const };
  const people = Object.fromEntries(
    Object.values(state.people).map((person) => [
      person.id,
      { ...person, presence: person.id === me?.id ? ("offline" as const) : ("unknown" as const) },
    ]),
  );
  return { ...state, me, people, rings: {} };
}

function withRoom(state: RoomsState, id: RoomId, change: (room: Room) => Room): RoomsState {
  const room = state.rooms[id];
  if (room === undefined) return state;
  const next = change(room);
  return next === room ? state : { ...state, rooms: { ...state.rooms, [id]: next } };
}

/** Direct and group rooms are talk between people: there everything counts, mention or not. */
export function isTalk(room: Room): boolean {
  return room.kind === "direct" || room.kind === "group";
}

function activity(state: RoomsState, event: Extract<UserEvent, { kind: "activity" }>): RoomsState {
  return withRoom(state, event.room, (room) => {
    if (event.seq <= room.seq) return room;
    const seen = event.author === state.me?.id || state.watching === room.id;
    const called = !seen && state.me !== null && (event.mention_all || event.mentions.includes(state.me.id));
    const { seq, author, excerpt, at } = event;
    return {
      ...room,
      seq,
      msg_seq: event.msg_seq,
      last_message: { seq, author, excerpt, at },
      me:
        room.me === null
          ? null
          : {
              ...room.me,
              unread: seen ? room.me.unread : Math.min(UNREAD_MAX, room.me.unread + 1),
              mentions: called ? room.me.mentions + 1 : room.me.mentions,
            },
    };
  });
}

/** One event of my own stream. Values are absolute, so applying one twice does no harm. */
export function applyUserEvent(state: RoomsState, event: UserEvent): RoomsState {
  switch (event.kind) {
    case "activity":
      return activity(state, event);
    case "activity_deleted":
      // Whether it counted is the server's to say: sync.ts asks for the room anew.
      return state;
    case "read":
      return withRoom(state, event.room, (room) =>
        room.me === null
          ? room
          : {
              ...room,
              me: { ...room.me, read_seq: event.read_seq, unread: event.unread, mentions: event.mentions },
            },
      );
    case "room":
      return applyRoom(state, event.room);
    case "room_gone": {
      const { [event.room]: _, ...rooms } = state.rooms;
      return { ...state, rooms };
    }
    case "call":
      return applyCall(state, event.room, event.call);
    case "ring":
      return event.from === state.me?.id
        ? state
        : {
            ...state,
            rings: {
              ...state.rings,
              [event.room]: { room: event.room, call: event.call, from: event.from },
            },
          };
    case "call_declined":
      return declined(state, event);
    case "me":
      return {
        ...state,
        me: event.me,
        people: { ...state.people, [event.me.id]: { ...state.people[event.me.id], ...event.me } },
      };
  }
}

/** I answered or declined, or there is nobody left who calls: it rings no more. */
export function withoutRing(state: RoomsState, room: RoomId): RoomsState {
  if (state.rings[room] === undefined) return state;
  const { [room]: _, ...rings } = state.rings;
  return { ...state, rings };
}

/** On another device of mine, or by the one I call: then they are not waited for. */
function declined(state: RoomsState, event: Extract<UserEvent, { kind: "call_declined" }>): RoomsState {
  if (event.user === state.me?.id) return withoutRing(state, event.room);
  return { ...state, declined: { room: event.room, call: event.call, from: event.user } };
}

function applyCall(state: RoomsState, id: RoomId, call: RoomCall | null): RoomsState {
  const answered = call === null || (state.me !== null && call.users.includes(state.me.id));
  const next = answered ? withoutRing(state, id) : state;
  return withRoom(next, id, (room) => ({ ...room, call }));
}

/** How many are in the call of a room; 0 when there is none. */
export function callCount(room: Room): number {
  // A server from before there were calls says nothing of them.
  return room.call?.users.length ?? 0;
}

/** A room as the server states it: mine, listed, or no longer mine. */
export function applyRoom(state: RoomsState, room: Room): RoomsState {
  if (room.me === null) {
    const { [room.id]: _, ...rooms } = state.rooms;
    return {
      ...state,
      rooms,
      listed: room.kind === "open" ? { ...state.listed, [room.id]: room } : state.listed,
    };
  }
  const { [room.id]: _, ...listed } = state.listed;
  return { ...state, rooms: { ...state.rooms, [room.id]: room }, listed };
}

export function applyPlaceEvent(state: RoomsState, event: PlaceEvent): RoomsState {
  switch (event.kind) {
    case "person": {
      const me = state.me?.id === event.person.id ? { ...state.me, ...event.person } : state.me;
      return { ...state, me, people: { ...state.people, [event.person.id]: event.person } };
    }
    case "presence": {
      const people = { ...state.people };
      for (const { user, presence } of event.changes) {
        const person = people[user];
        if (person !== undefined) people[user] = { ...person, presence };
      }
      const mine = state.me === null ? undefined : people[state.me.id];
      return { ...state, people, me: state.me && mine ? { ...state.me, presence: mine.presence } : state.me };
    }
    case "place":
      return state.place === null ? state : { ...state, place: { ...state.place, name: event.name } };
    case "room_listed":
      // My own rooms are told by `user:`, with my counts; the listed form would lose them.
      return state.rooms[event.room.id] === undefined
        ? { ...state, listed: { ...state.listed, [event.room.id]: event.room } }
        : state;
  }
}

/** How many are in a room, as the list of its members told just now. */
export function applyMemberCount(state: RoomsState, id: RoomId, count: number): RoomsState {
  const listed = state.listed[id];
  if (listed !== undefined && listed.member_count !== count) {
    return { ...state, listed: { ...state.listed, [id]: { ...listed, member_count: count } } };
  }
  return withRoom(state, id, (room) =>
    room.member_count === count ? room : { ...room, member_count: count },
  );
}

/** Paints a read at once; the server's answer follows and is final. Counts of messages behind `seq` are not known here. */
export function markRead(state: RoomsState, id: RoomId, seq: Seq): RoomsState {
  return withRoom(state, id, (room) => {
    if (room.me === null || seq < room.me.read_seq) return room;
    const all = seq >= (room.last_message?.seq ?? 0);
    return { ...room, me: { ...room.me, read_seq: seq, ...(all ? { unread: 0, mentions: 0 } : {}) } };
  });
}

/** True when an event held back while bootstrap was read is already part of what bootstrap told. */
export function isOlderThan(state: RoomsState, event: UserEvent): boolean {
  if (event.kind !== "read") return false;
  const me = state.rooms[event.room]?.me;
  return me !== null && me !== undefined && event.read_seq <= me.read_seq;
}

export interface Totals {
  unread: number;
  mentions: number;
}

/** What the page's title and icon tell: rooms that may disturb. Direct talk counts as being called. */
export function totals(state: RoomsState): Totals {
  let unread = 0;
  let mentions = 0;
  for (const room of Object.values(state.rooms)) {
    if (room.me === null || room.me.notify === "nothing" || room.archived) continue;
    const called = isTalk(room) ? room.me.unread : room.me.mentions;
    mentions += called;
    unread += room.me.notify === "mentions" ? called : room.me.unread;
  }
  return { unread, mentions };
}
