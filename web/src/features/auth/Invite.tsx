import type { RoomId } from "../../client/types";

export interface InviteProps {
  code: string;
  /** Accepted, a session runs: show this room. */
  onEntered: (room: RoomId) => void;
}

export default function Invite(_: InviteProps) {
  return null;
}
