// Microphones, cameras and speakers of this device: what there is, what went wrong, how loud it is. Pure.

export type DeviceKind = "microphone" | "camera" | "speaker";

/**
 * Why a device gives nothing: `refused` by the person or the system, `missing` when there is none, `busy` with another
 * program, `insecure` when the page is neither https nor local, `unplugged` while it was in use.
 */
export type DeviceProblem = "refused" | "missing" | "busy" | "insecure" | "unplugged" | "failed";

export interface Device {
  id: string;
  /** Empty until the person allowed access once. */
  label: string;
}

export interface Devices {
  microphone: Device[];
  camera: Device[];
  speaker: Device[];
}

export const noDevices: Devices = { microphone: [], camera: [], speaker: [] };

type Info = Pick<MediaDeviceInfo, "deviceId" | "kind" | "label">;

/** Chromium lists the same device again under these names; the page offers the system's choice itself. */
const ALIASES = new Set(["default", "communications", ""]);

function ofKind(infos: readonly Info[], kind: MediaDeviceKind): Device[] {
  const all = infos.filter((info) => info.kind === kind);
  const real = all.filter((info) => !ALIASES.has(info.deviceId));
  return (real.length > 0 ? real : all).map(({ deviceId, label }) => ({ id: deviceId, label }));
}

export function devicesOf(infos: readonly Info[]): Devices {
  return {
    microphone: ofKind(infos, "audioinput"),
    camera: ofKind(infos, "videoinput"),
    speaker: ofKind(infos, "audiooutput"),
  };
}

/** The remembered device while it is plugged in, else null: the system's choice. */
export function presentDevice(devices: readonly Device[], wanted: string | null): string | null {
  return wanted !== null && devices.some((device) => device.id === wanted) ? wanted : null;
}

/** What getUserMedia threw, as a word the page has a sentence for. */
export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
    case "DevicesNotFoundError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
    case "TrackStartError":
      return "busy";
    default:
      return "failed";
  }
}

/** Quieter than this is silence for the meter, dB below full scale. */
const FLOOR_DB = -60;
/** From here on the meter is full: speech should not be louder. */
const CEILING_DB = -8;

/** Loudness of a block of samples (-1 to 1) as a share of the meter, 0 to 1: root mean square, in decibels. */
export function levelOf(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / samples.length);
  if (rms === 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
}

/** How much of the meter falls away per step while it gets quieter. */
const RELEASE = 0.06;

/** Up at once, down slowly: a meter that can be read. */
export function smoothed(before: number, level: number): number {
  return level >= before ? level : Math.max(level, before - RELEASE);
}
