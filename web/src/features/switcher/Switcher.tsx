import type { PersonId, RoomId, Seq } from "../../client/types";

export interface SwitcherProps {
  /** The room on screen, for "said here" and commands; null outside of a room. */
  room: RoomId | null;
  onClose: () => void;
  onOpenRoom: (room: RoomId, seq?: Seq) => void;
  /** Opens (or makes) the direct room with this person. */
  onOpenPerson: (person: PersonId) => void;
  onAction: (action: "create-room" | "invite" | "settings" | "admin" | "search") => void;
}

/** Mounted while it is open. */
export default function Switcher(_: SwitcherProps) {
  return null;
}
