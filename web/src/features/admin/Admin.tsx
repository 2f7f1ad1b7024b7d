import type { RoomId } from "../../client/types";

export interface AdminProps {
  /** The part of the address after /admin/. */
  page: string | undefined;
  onPage: (page: string) => void;
  onClose: () => void;
  onOpenRoom: (room: RoomId) => void;
}

export default function Admin(_: AdminProps) {
  return null;
}
