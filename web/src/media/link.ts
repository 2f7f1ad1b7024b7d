// What a call needs of a media client, and nothing more: `livekit.ts` is the one that there is.
import type { PersonId } from "../client/types";
import type { Caption, EndReason } from "./call";
import type { DeviceKind, DeviceProblem } from "./devices";
import type { MediaPerson, Source } from "./people";
import type { StatEntry } from "./stats";
import type { TileKind } from "./tiles";

export interface LinkOptions {
  microphone: string | null;
  camera: string | null;
  speaker: string | null;
  noiseSuppression: boolean;
  echoCancellation: boolean;
}

export interface LinkEvents {
  onPeople(people: MediaPerson[]): void;
  /** The line is being healed, or is well again. */
  onLine(healthy: boolean): void;
  /** The call is over and will not come back by itself. */
  onDropped(reason: EndReason | "lost"): void;
  onTrouble(source: Source, problem: DeviceProblem | null): void;
  onSound(blocked: boolean): void;
  onReaction(from: PersonId, emoji: string): void;
  onCaption(caption: Omit<Caption, "at">): void;
}

/** One join of one call. A new join is a new link. */
export interface MediaLink {
  /** Resolves when one is in. Throws a LinkError. */
  connect(url: string, token: string): Promise<void>;
  disconnect(): Promise<void>;
  /** Switches a source. Throws what the browser throws when a device gives nothing. */
  send(source: Source, on: boolean): Promise<void>;
  /** Shows somebody's video in an element until the answer is called. */
  attach(person: PersonId, kind: TileKind, element: HTMLVideoElement): () => void;
  /** Takes another device; null is the system's choice. */
  useDevice(kind: DeviceKind, id: string | null): Promise<void>;
  /** Noise suppression and echo cancellation, taken over at once by the microphone that is open. */
  clean(options: Pick<LinkOptions, "noiseSuppression" | "echoCancellation">): Promise<void>;
  setHand(up: boolean): Promise<void>;
  react(emoji: string): Promise<void>;
  say(caption: { id: string; text: string; final: boolean }): Promise<void>;
  /** After a press: lets the browser play what it held back. */
  startSound(): Promise<void>;
  reports(): Promise<StatEntry[][]>;
}

/** Why one could not get in. */
export class LinkError extends Error {
  readonly reason: EndReason;

  constructor(reason: EndReason, detail: string) {
    super(detail);
    this.name = "LinkError";
    this.reason = reason;
  }
}

export type CreateLink = (options: LinkOptions, events: LinkEvents) => MediaLink;
