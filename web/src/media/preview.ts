// What the camera and the microphone give before one joins. Each is asked for alone, so that one that is refused does
// not take the other away. Needs `navigator.mediaDevices`.
import { createStore, type StoreApi } from "zustand/vanilla";
import {
  type DeviceProblem,
  type Devices,
  devicesOf,
  levelOf,
  noDevices,
  presentDevice,
  problemOf,
  smoothed,
} from "./devices";
import type { CallPreferences } from "./preferences";

type Seen = "microphone" | "camera";

export interface PreviewState {
  devices: Devices;
  camera: MediaStream | null;
  microphone: MediaStream | null;
  problems: Partial<Record<Seen, DeviceProblem>>;
}

export interface Preview {
  store: StoreApi<PreviewState>;
  /** Opens or closes what is wanted, with the device that is chosen. */
  show(what: Seen, on: boolean): Promise<void>;
  /** How loud the microphone is now, 0 to 1. */
  level(): number;
  stop(): void;
}

function constraintsOf(what: Seen, chosen: CallPreferences, devices: Devices): MediaStreamConstraints {
  const id = presentDevice(devices[what], chosen[what]);
  const device = id === null ? {} : { deviceId: { ideal: id } };
  if (what === "camera") return { video: { ...device, width: { ideal: 1280 }, height: { ideal: 720 } } };
  const { noiseSuppression, echoCancellation } = chosen;
  return { audio: { ...device, noiseSuppression, echoCancellation } };
}

function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Listens to a stream; the answer reads how loud it is. */
function meterOf(stream: MediaStream): { level(): number; close(): void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      shown = smoothed(shown, levelOf(samples));
      return shown;
    },
    close: () => void context.close().catch(() => undefined),
  };
}

export function openPreview(preferences: StoreApi<CallPreferences>): Preview {
  const store = createStore<PreviewState>(() => ({
    devices: noDevices,
    camera: null,
    microphone: null,
    problems: {},
  }));
  const media = navigator.mediaDevices as MediaDevices | undefined;
  let meter: ReturnType<typeof meterOf> | null = null;
  let stopped = false;
  /** Counts the askings per kind, so that an answer that came too late is closed again. */
  const asked: Record<Seen, number> = { microphone: 0, camera: 0 };

  async function list(): Promise<void> {
    const infos = await media?.enumerateDevices().catch(() => []);
    if (!stopped && infos !== undefined) store.setState({ devices: devicesOf(infos) });
  }

  function put(what: Seen, stream: MediaStream | null, problem: DeviceProblem | null): void {
    stopTracks(store.getState()[what]);
    const { [what]: _, ...problems } = store.getState().problems;
    store.setState({
      [what]: stream,
      problems: problem === null ? problems : { ...problems, [what]: problem },
    });
    if (what !== "microphone") return;
    meter?.close();
    meter = stream === null ? null : meterOf(stream);
  }

  async function show(what: Seen, on: boolean): Promise<void> {
    asked[what] += 1;
    const turn = asked[what];
    if (!on) return put(what, null, null);
    if (media === undefined) return put(what, null, "insecure");
    try {
      const stream = await media.getUserMedia(
        constraintsOf(what, preferences.getState(), store.getState().devices),
      );
      if (stopped || asked[what] !== turn) return stopTracks(stream);
      stream.getTracks()[0]?.addEventListener("ended", () => put(what, null, "unplugged"));
      put(what, stream, null);
      // Names of devices are told only once access was allowed.
      await list();
    } catch (error) {
      if (!stopped && asked[what] === turn) put(what, null, problemOf(error));
    }
  }

  void list();
  media?.addEventListener("devicechange", list);
  return {
    store,
    show,
    level: () => meter?.level() ?? 0,
    stop() {
      stopped = true;
      media?.removeEventListener("devicechange", list);
      stopTracks(store.getState().camera);
      stopTracks(store.getState().microphone);
      meter?.close();
    },
  };
}
