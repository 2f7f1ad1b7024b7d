// Who is in a call and what they send, as the screen needs it. Plain data, made by the link, folded by the machine.
import type { PersonId } from "../client/types";

/** What one can send. */
export type Source = "microphone" | "camera" | "screen";

/** How well somebody is connected, as the media server measures it. */
export type LineQuality = "excellent" | "good" | "poor" | "lost" | "unknown";

/** A video that arrives, or that I send. */
export interface Picture {
  /** The track's id at the server; another one is another video. */
  sid: string;
  /** Pixels; 0 while not known. */
  width: number;
  height: number;
  /** The server holds it back for want of bandwidth: the last frame stands still. */
  paused: boolean;
}

export interface MediaPerson {
  id: PersonId;
  me: boolean;
  /** `none`: sends no sound, or may not. */
  microphone: "on" | "muted" | "none";
  camera: Picture | null;
  screen: Picture | null;
  speaking: boolean;
  quality: LineQuality;
  /** The hand is up: wants to say something. */
  hand: boolean;
  /** False for listeners of a stage room. */
  mayPublish: boolean;
}

function samePicture(a: Picture | null, b: Picture | null): boolean {
  if (a === null || b === null) return a === b;
  return a.sid === b.sid && a.width === b.width && a.height === b.height && a.paused === b.paused;
}

function samePerson(a: MediaPerson, b: MediaPerson): boolean {
  return (
    a.id === b.id &&
    a.me === b.me &&
    a.microphone === b.microphone &&
    samePicture(a.camera, b.camera) &&
    samePicture(a.screen, b.screen) &&
    a.speaking === b.speaking &&
    a.quality === b.quality &&
    a.hand === b.hand &&
    a.mayPublish === b.mayPublish
  );
}

/** The new list, with the old objects where nothing changed, so that only what changed is drawn anew. */
export function keepSame(before: MediaPerson[], after: MediaPerson[]): MediaPerson[] {
  const known = new Map(before.map((person) => [person.id, person]));
  const next = after.map((person) => {
    const old = known.get(person.id);
    return old !== undefined && samePerson(old, person) ? old : person;
  });
  return next.length === before.length && next.every((person, at) => person === before[at]) ? before : next;
}
