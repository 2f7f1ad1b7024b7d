import { describe, expect, it } from "vitest";
import { devicesOf, levelOf, presentDevice, problemOf, smoothed } from "../src/media/devices";
import { endsTalk, type KeyPress, keyAction } from "../src/media/keys";
import { keepSame } from "../src/media/people";
import { defaultPreferences, preferencesOf } from "../src/media/preferences";
import { barsOf, qualityOf } from "../src/media/quality";
import { type StatEntry, statsOf, totalsOf, uniqueEntries } from "../src/media/stats";
import { picture, somebody } from "./call";

const device = (kind: MediaDeviceKind, deviceId: string, label = deviceId) => ({ kind, deviceId, label });

describe("devices", () => {
  it("are listed once, without the browser's second names for them", () => {
    const found = devicesOf([
      device("audioinput", "default"),
      device("audioinput", "communications"),
      device("audioinput", "headset"),
      device("videoinput", "camera"),
      device("audiooutput", "speakers"),
    ]);
    expect(found.microphone).toEqual([{ id: "headset", label: "headset" }]);
    expect(found.camera).toHaveLength(1);
    expect(found.speaker).toHaveLength(1);
  });

  it("are known to exist before they have names", () => {
    expect(devicesOf([device("audioinput", "", "")]).microphone).toEqual([{ id: "", label: "" }]);
  });

  it("are the system's choice when the remembered one is not there", () => {
    expect(presentDevice([{ id: "a", label: "" }], "a")).toBe("a");
    expect(presentDevice([{ id: "a", label: "" }], "b")).toBeNull();
    expect(presentDevice([], null)).toBeNull();
  });

  it.each([
    ["NotAllowedError", "refused"],
    ["NotFoundError", "missing"],
    ["NotReadableError", "busy"],
    ["OverconstrainedError", "missing"],
    ["SomethingElse", "failed"],
  ])("that throw %s are %s", (name, problem) => {
    expect(problemOf(Object.assign(new Error("x"), { name }))).toBe(problem);
  });
});

describe("the meter", () => {
  const tone = (loudness: number) =>
    Float32Array.from({ length: 512 }, (_, at) => loudness * Math.sin(at / 5));

  it("is empty in silence and full at a shout", () => {
    expect(levelOf(new Float32Array(512))).toBe(0);
    expect(levelOf(new Float32Array(0))).toBe(0);
    expect(levelOf(tone(1))).toBe(1);
  });

  it("rises with loudness", () => {
    expect(levelOf(tone(0.01))).toBeGreaterThan(levelOf(tone(0.003)));
    expect(levelOf(tone(0.1))).toBeGreaterThan(0.5);
  });

  it("goes up at once and down slowly", () => {
    expect(smoothed(0.2, 0.9)).toBe(0.9);
    expect(smoothed(0.9, 0)).toBeGreaterThan(0.8);
    expect(smoothed(0.01, 0)).toBe(0);
  });
});

describe("keys", () => {
  const press = (key: string, part: Partial<KeyPress> = {}): KeyPress => ({
    key,
    alt: false,
    control: false,
    shift: false,
    writing: false,
    operable: false,
    ...part,
  });

  it("work alone where nobody writes, and with Alt everywhere", () => {
    expect(keyAction(press("m"))).toBe("microphone");
    expect(keyAction(press("M"))).toBe("microphone");
    expect(keyAction(press("m", { writing: true }))).toBeNull();
    expect(keyAction(press("m", { writing: true, alt: true }))).toBe("microphone");
  });

  it("never take what the browser or the system means", () => {
    expect(keyAction(press("s", { control: true }))).toBeNull();
    expect(keyAction(press("m", { shift: true }))).toBeNull();
    expect(keyAction(press("x"))).toBeNull();
  });

  it("leave Space to what it operates", () => {
    expect(keyAction(press(" "))).toBe("talk");
    expect(keyAction(press(" ", { operable: true }))).toBeNull();
    expect(keyAction(press(" ", { writing: true }))).toBeNull();
    expect(endsTalk(" ")).toBe(true);
  });

  it("leave the call only together with Alt", () => {
    expect(keyAction(press("l"))).toBeNull();
    expect(keyAction(press("l", { alt: true }))).toBe("leave");
  });
});

describe("preferences", () => {
  it("survive any stored text", () => {
    expect(preferencesOf(null)).toEqual(defaultPreferences);
    expect(preferencesOf("{")).toEqual(defaultPreferences);
    expect(preferencesOf("7")).toEqual(defaultPreferences);
    expect(preferencesOf('{"ask":"no","microphone":3,"besideShare":"wide"}')).toEqual(defaultPreferences);
  });

  it("come back as they were kept", () => {
    const chosen = { ...defaultPreferences, ask: false, camera: "c", besideShare: 0.5, pushToTalk: true };
    expect(preferencesOf(JSON.stringify(chosen))).toEqual(chosen);
  });

  it("never let the stage take all or nothing", () => {
    expect(preferencesOf('{"besideShare":7}').besideShare).toBe(0.8);
    expect(preferencesOf('{"aboveShare":0}').aboveShare).toBe(0.3);
  });
});

describe("quality", () => {
  const line = { line: "good", rttMs: 40, lossShare: 0, upKbps: 3000 } as const;

  it("is good until something suffers, then names what suffers most", () => {
    expect(qualityOf(line)).toEqual({ level: "good", reason: "ok" });
    expect(qualityOf({ ...line, rttMs: 300 })).toEqual({ level: "fair", reason: "late" });
    expect(qualityOf({ ...line, lossShare: 0.2, rttMs: 900 })).toEqual({ level: "weak", reason: "gaps" });
    expect(qualityOf({ ...line, upKbps: 120 })).toEqual({ level: "weak", reason: "narrow" });
    expect(qualityOf({ ...line, line: "lost" })).toEqual({ level: "lost", reason: "gone" });
  });

  it("follows the server's word while nothing is measured here", () => {
    const blind = { rttMs: null, lossShare: null, upKbps: null };
    expect(qualityOf({ ...blind, line: "unknown" }).level).toBe("good");
    expect(qualityOf({ ...blind, line: "poor" }).level).toBe("weak");
  });

  it("has fewer bars the worse it is", () => {
    expect((["excellent", "good", "poor", "lost"] as const).map(barsOf)).toEqual([3, 2, 1, 0]);
  });
});

describe("statistics", () => {
  const entry = (id: string, type: string, part: Record<string, unknown> = {}): StatEntry => ({
    id,
    type,
    timestamp: 0,
    ...part,
  });
  const at = (received: number, lost: number, bytes: number): StatEntry[] => [
    entry("t", "transport", { selectedCandidatePairId: "p" }),
    entry("p", "candidate-pair", {
      currentRoundTripTime: 0.042,
      availableOutgoingBitrate: 2_500_000,
      localCandidateId: "l",
    }),
    entry("l", "local-candidate", { candidateType: "host", protocol: "udp" }),
    entry("c", "codec", { mimeType: "video/VP8" }),
    entry("o", "outbound-rtp", {
      kind: "video",
      bytesSent: bytes,
      frameWidth: 1280,
      frameHeight: 720,
      framesPerSecond: 29.6,
      codecId: "c",
    }),
    entry("i", "inbound-rtp", {
      kind: "audio",
      bytesReceived: 100,
      packetsReceived: received,
      packetsLost: lost,
    }),
  ];

  it("are what changed between two looks", () => {
    const before = totalsOf(at(100, 0, 0), 1000);
    const stats = statsOf(at(190, 10, 250_000), before, totalsOf(at(190, 10, 250_000), 3000));
    expect(stats).toMatchObject({
      rttMs: 42,
      path: "udp",
      upKbps: 1000,
      availableUpKbps: 2500,
      lossShare: 0.1,
    });
    expect(stats.sent).toEqual({ width: 1280, height: 720, framesPerSecond: 30, codec: "VP8" });
  });

  it("say nothing of rates at the first look", () => {
    const stats = statsOf(at(1, 0, 1), null, totalsOf(at(1, 0, 1), 1));
    expect(stats).toMatchObject({ upKbps: null, lossShare: null });
  });

  it("count the transport once, although every track's report tells of it", () => {
    expect(uniqueEntries([at(1, 0, 0), at(1, 0, 0)])).toHaveLength(6);
  });

  it("start anew when the counters do", () => {
    const stats = statsOf(at(5, 0, 10), totalsOf(at(100, 3, 9000), 0), totalsOf(at(5, 0, 10), 1000));
    expect(stats).toMatchObject({ upKbps: null, lossShare: null });
  });
});

describe("the list of people", () => {
  it("keeps the objects of those who did not change", () => {
    const before = [somebody("ada", { camera: picture("s") }), somebody("bo")];
    const same = keepSame(before, [somebody("ada", { camera: picture("s") }), somebody("bo")]);
    expect(same).toBe(before);
    const next = keepSame(before, [
      somebody("ada", { camera: picture("s") }),
      somebody("bo", { hand: true }),
    ]);
    expect(next[0]).toBe(before[0]);
    expect(next[1]).not.toBe(before[1]);
  });
});
