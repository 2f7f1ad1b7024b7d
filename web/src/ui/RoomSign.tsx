import { IconArchive, IconHash, IconLock, IconUsers } from "@tabler/icons-react";
import type { Room } from "../client/types";
import { Face } from "./Face";
import { ICON } from "./icon";
import { usePerson } from "./plaza";

interface RoomSignProps {
  room: Room;
  /** Edge of a face in pixels. */
  size?: number;
}

/** What stands before a room's name: the sign of its kind, or the face of the one other person. */
export function RoomSign({ room, size = 20 }: RoomSignProps) {
  const peer = usePerson(room.kind === "direct" ? room.peers[0] : null);
  if (peer !== undefined) return <Face person={peer} size={size} presence={peer.presence} />;
  const icon = { ...ICON, size: Math.min(20, Math.max(16, size * 0.9)) };
  if (room.archived) return <IconArchive {...icon} />;
  switch (room.kind) {
    case "open":
      return <IconHash {...icon} />;
    case "closed":
      return <IconLock {...icon} />;
    case "direct":
    case "group":
      return <IconUsers {...icon} />;
  }
}
