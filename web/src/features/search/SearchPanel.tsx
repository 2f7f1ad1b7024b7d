import type { RoomId, Seq } from "../../client/types";

export interface SearchPanelProps {
  /** The room to look in first; the panel also offers all rooms. */
  room: RoomId | null;
  onClose: () => void;
  onOpenMessage: (room: RoomId, seq: Seq) => void;
}

/** Fills the 360 px panel beside the room (the whole screen on a phone); draws its own header with a close button. */
export default function SearchPanel(_: SearchPanelProps) {
  return null;
}
