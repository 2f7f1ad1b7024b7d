import type { RoomId } from "../../client/types";

export interface WizardProps {
  /** The place is set up and a session runs: show this room. */
  onEntered: (lobby: RoomId) => void;
}

export default function Wizard(_: WizardProps) {
  return null;
}
