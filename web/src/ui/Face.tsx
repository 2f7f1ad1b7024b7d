import type { Presence } from "../client/types";

export interface FaceProps {
  person: { id: string; avatar: string | null };
  /** Edge in pixels. */
  size?: number;
  /** Draws the small square; leave out to draw none. */
  presence?: Presence | undefined;
}

export function Face({ person, size = 36 }: FaceProps) {
  return <svg width={size} height={size} aria-hidden="true" data-id={person.id} />;
}
