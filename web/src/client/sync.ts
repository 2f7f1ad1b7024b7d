// Keeps the rooms store true: bootstrap after each (re)connect, then the events of `user:` and `place`.
import type { StoreApi } from "zustand/vanilla";
import {
  applyBootstrap,
  applyPlaceEvent,
  applyRoom,
  applyUserEvent,
  isOlderThan,
  type RoomsState,
} from "./rooms";
import type { Bootstrap, PlaceEvent, Room, RoomId, UserEvent } from "./types";

export interface SyncWorld {
  rooms: StoreApi<RoomsState>;
  bootstrap(): Promise<Bootstrap>;
  room(id: RoomId): Promise<Room>;
  /** Left or removed: what is held of the room may go. */
  onGone(room: RoomId): void;
}

export interface Sync {
  /** A publication of a server-side subscription. */
  take(channel: string, data: unknown): void;
  /** Reads everything anew; events that come meanwhile are applied on top. */
  readAll(): Promise<void>;
  readRoom(id: RoomId): Promise<void>;
}

export function createSync({ rooms, bootstrap, room: readOne, onGone }: SyncWorld): Sync {
  /** Events of my own stream that came while bootstrap was on its way. */
  let held: UserEvent[] | null = null;

  async function readRoom(id: RoomId): Promise<void> {
    const room = await readOne(id);
    rooms.setState((state) => applyRoom(state, room));
  }

  function takeUserEvent(event: UserEvent): void {
    held?.push(event);
    rooms.setState((state) => applyUserEvent(state, event));
    // Whether the message counted is the server's to say. A room that is gone meanwhile, the next bootstrap tells.
    if (event.kind === "activity_deleted") readRoom(event.room).catch(() => undefined);
    if (event.kind === "room_gone") onGone(event.room);
  }

  return {
    take(channel, data) {
      if (channel === "place") rooms.setState((state) => applyPlaceEvent(state, data as PlaceEvent));
      else if (channel.startsWith("user:")) takeUserEvent(data as UserEvent);
    },
    readRoom,
    async readAll() {
      held = [];
      try {
        const data = await bootstrap();
        const missed: UserEvent[] = held;
        rooms.setState((state) => {
          let next = applyBootstrap(state, data);
          for (const event of missed) if (!isOlderThan(next, event)) next = applyUserEvent(next, event);
          return next;
        });
      } finally {
        held = null;
      }
    },
  };
}
