// What is chosen for calls on this device; kept in the browser, never sent. Reading is pure and survives any text.

export interface CallPreferences {
  /** Device ids; null is the system's choice. */
  microphone: string | null;
  camera: string | null;
  speaker: string | null;
  /** How one goes in. */
  startMicrophone: boolean;
  startCamera: boolean;
  /** Show the preview before joining. */
  ask: boolean;
  noiseSuppression: boolean;
  echoCancellation: boolean;
  /** The microphone is open only while the key is held. */
  pushToTalk: boolean;
  /** Show captions, and make them of what I say where the browser can. */
  captions: boolean;
  ringSound: boolean;
  /** Share of the room that the stage takes, 0 to 1: beside the timeline, and above it. */
  besideShare: number;
  aboveShare: number;
}

export const defaultPreferences: CallPreferences = {
  microphone: null,
  camera: null,
  speaker: null,
  startMicrophone: true,
  startCamera: false,
  ask: true,
  noiseSuppression: true,
  echoCancellation: true,
  pushToTalk: false,
  captions: false,
  ringSound: true,
  besideShare: 0.68,
  aboveShare: 0.52,
};

const SHARE_MIN = 0.3;
const SHARE_MAX = 0.8;

export function asShare(value: number): number {
  return Math.min(SHARE_MAX, Math.max(SHARE_MIN, value));
}

/** Takes from a stored text what has the right form; everything else is as at first. */
export function preferencesOf(text: string | null): CallPreferences {
  let stored: unknown = null;
  try {
    stored = JSON.parse(text ?? "null");
  } catch {
    // Somebody else's text: as if there were none.
  }
  if (typeof stored !== "object" || stored === null) return defaultPreferences;
  const given = stored as Partial<Record<keyof CallPreferences, unknown>>;
  const flag = (key: keyof CallPreferences, otherwise: boolean) =>
    typeof given[key] === "boolean" ? given[key] : otherwise;
  const device = (key: keyof CallPreferences) => (typeof given[key] === "string" ? given[key] : null);
  const share = (key: keyof CallPreferences, otherwise: number) =>
    typeof given[key] === "number" && Number.isFinite(given[key]) ? asShare(given[key]) : otherwise;
  const first = defaultPreferences;
  return {
    microphone: device("microphone"),
    camera: device("camera"),
    speaker: device("speaker"),
    startMicrophone: flag("startMicrophone", first.startMicrophone),
    startCamera: flag("startCamera", first.startCamera),
    ask: flag("ask", first.ask),
    noiseSuppression: flag("noiseSuppression", first.noiseSuppression),
    echoCancellation: flag("echoCancellation", first.echoCancellation),
    pushToTalk: flag("pushToTalk", first.pushToTalk),
    captions: flag("captions", first.captions),
    ringSound: flag("ringSound", first.ringSound),
    besideShare: share("besideShare", first.besideShare),
    aboveShare: share("aboveShare", first.aboveShare),
  };
}
