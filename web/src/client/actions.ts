// What I do in rooms: painted at once, told to the server, taken back when it refuses.
import type { StoreApi } from "zustand/vanilla";
import type { Connection } from "./connection";
import { asApiError } from "./error";
import type { Outbox } from "./outbox";
import type { ReadMarks } from "./readmarks";
import { applyRoom, applyUserEvent, markRead, type RoomsState } from "./rooms";
import type { Timelines } from "./timelines";
import type { FileInfo, MessageEvent, PersonId, ReplyTo, Room, RoomId, RoomKind, Seq } from "./types";
import type { Typing } from "./typing";

export interface Actions {
  post(room: RoomId, about: { text: string; reply_to: ReplyTo | null; files: FileInfo[] }): void;
  /** These three paint at once and take it back when the server refuses (then throw ApiError). */
  edit(room: RoomId, message: MessageEvent, text: string): Promise<void>;
  remove(room: RoomId, seq: Seq): Promise<void>;
  react(room: RoomId, seq: Seq, emoji: string, on: boolean): Promise<void>;
  read(room: RoomId, seq: Seq): void;
  unreadFrom(room: RoomId, seq: Seq): void;
  /** The room whose newest lines are being looked at, or null. */
  watch(room: RoomId | null): void;
  /** A room as a REST call answered it. */
  tookRoom(room: Room): void;
  /** I left a room: it goes at once, the server's own word follows. */
  leftRoom(room: RoomId): void;
  /** The direct room with a person, made when there is none. */
  direct(person: PersonId): Promise<RoomId>;
}

export interface ActionsWorld {
  rooms: StoreApi<RoomsState>;
  rpc: Connection["rpc"];
  timelines: Timelines;
  outbox: Outbox;
  typing: Typing;
  marks: ReadMarks;
  createRoom(body: { kind: RoomKind; name: string; topic: string; members: PersonId[] }): Promise<Room>;
}

async function optimistic(undo: () => void, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    undo();
    throw asApiError(error);
  }
}

export function createActions(world: ActionsWorld): Actions {
  const { rooms, rpc, timelines, outbox, typing, marks } = world;
  const head = () => ({ seq: 0, at: Date.now(), author: rooms.getState().me?.id ?? "" });
  const tookRoom = (room: Room) => rooms.setState((state) => applyRoom(state, room));
  return {
    post(room, about) {
      outbox.add(room, about);
      typing.rested();
    },
    async edit(room, message, text) {
      const { seq, rev, mentions, mention_all } = message;
      // Half a revision: above what is held, below what the server will say.
      const painted = { target: seq, text, rev: rev + 0.5, edited_at: Date.now(), mentions, mention_all };
      const undo = timelines.paint(room, { ...head(), kind: "edited", ...painted });
      await optimistic(undo, rpc("edit", { room, seq, text }));
    },
    async remove(room, seq) {
      const undo = timelines.paint(room, { ...head(), kind: "deleted", target: seq });
      await optimistic(undo, rpc("delete", { room, seq }));
    },
    async react(room, seq, emoji, on) {
      const undo = timelines.paint(room, { ...head(), kind: "reacted", target: seq, emoji, on });
      await optimistic(undo, rpc("react", { room, seq, emoji, on }));
    },
    read(room, seq) {
      rooms.setState((state) => markRead(state, room, seq));
      marks.advance(room, seq);
    },
    unreadFrom: (room, seq) => marks.rewind(room, seq - 1),
    watch(room) {
      if (rooms.getState().watching !== room) rooms.setState({ watching: room });
    },
    tookRoom,
    leftRoom(room) {
      rooms.setState((state) => applyUserEvent(state, { kind: "room_gone", room }));
      timelines.forget(room);
    },
    async direct(person) {
      const known = Object.values(rooms.getState().rooms).find(
        (room) => room.kind === "direct" && room.peers.includes(person),
      );
      if (known !== undefined) return known.id;
      const room = await world.createRoom({ kind: "direct", name: "", topic: "", members: [person] });
      tookRoom(room);
      return room.id;
    },
  };
}
