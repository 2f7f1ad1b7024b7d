// People of a call for tests, with the fields that matter given.
import type { MediaPerson } from "../src/media/people";

export function somebody(id: string, part: Partial<MediaPerson> = {}): MediaPerson {
  return {
    id,
    me: false,
    microphone: "on",
    camera: null,
    screen: null,
    speaking: false,
    quality: "good",
    hand: false,
    mayPublish: true,
    ...part,
  };
}

export const picture = (sid: string) => ({ sid, width: 640, height: 360, paused: false });
