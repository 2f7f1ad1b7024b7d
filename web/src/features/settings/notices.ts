// Which changes of the rooms deserve a notification: mentions, and messages in direct and group rooms. Pure.
import type { RoomsState } from "../../client/rooms";
import { isTalk } from "../../client/rooms";
import type { PersonId, Room, RoomId, Seq } from "../../client/types";

export interface Notice {
  room: RoomId;
  seq: Seq;
  author: PersonId;
  excerpt: string;
  /** True in a direct or group room, where the room has no name of its own. */
  talk: boolean;
}

function notice(before: Room, after: Room, me: PersonId): Notice | null {
  const last = after.last_message;
  if (last === null || last.author === me || last.seq <= (before.last_message?.seq ?? 0)) return null;
  if (after.me === null || after.me.notify === "nothing") return null;
  const called = after.me.mentions > (before.me?.mentions ?? 0);
  const talk = isTalk(after);
  if (!called && !(talk && after.me.notify === "all")) return null;
  return { room: after.id, seq: last.seq, author: last.author, excerpt: last.excerpt, talk };
}

/** Nothing while the state is the device's copy: what was missed meanwhile is shown as unread, not announced. */
export function noticesBetween(before: RoomsState, after: RoomsState): Notice[] {
  const me = after.me;
  if (me === null || !before.fresh || !after.fresh || before.rooms === after.rooms) return [];
  return Object.values(after.rooms).flatMap((room) => {
    const was = before.rooms[room.id];
    if (was === undefined || was === room) return [];
    const one = notice(was, room, me.id);
    return one === null ? [] : [one];
  });
}
