// What the numbers of a connection mean for the people in a call, in words the page has sentences for. Pure.
import type { LineQuality } from "./people";

export type QualityLevel = "good" | "fair" | "weak" | "lost";
/** `ok`, or what suffers most. */
export type QualityReason = "ok" | "late" | "gaps" | "narrow" | "gone";

export interface QualityInput {
  /** The server's word; `unknown` until it measured. */
  line: LineQuality;
  /** There and back, milliseconds; null while not measured. */
  rttMs: number | null;
  /** Share of packets lost, 0 to 1. */
  lossShare: number | null;
  /** What the way out carries, kilobits per second. */
  upKbps: number | null;
}

export interface QualityWords {
  level: QualityLevel;
  reason: QualityReason;
}

/** From here on people begin to talk over each other (ITU-T G.114 calls 400 ms one way the end of use). */
const RTT_FAIR_MS = 250;
const RTT_WEAK_MS = 500;
/** Opus hides a few per cent; above that words are lost. */
const LOSS_FAIR = 0.03;
const LOSS_WEAK = 0.1;
/** Below this a camera picture does not fit beside the sound. */
const UP_FAIR_KBPS = 400;
const UP_WEAK_KBPS = 150;

const over = (value: number | null, limit: number) => value !== null && value >= limit;
const under = (value: number | null, limit: number) => value !== null && value < limit;

export function qualityOf({ line, rttMs, lossShare, upKbps }: QualityInput): QualityWords {
  if (line === "lost") return { level: "lost", reason: "gone" };
  if (over(lossShare, LOSS_WEAK)) return { level: "weak", reason: "gaps" };
  if (under(upKbps, UP_WEAK_KBPS)) return { level: "weak", reason: "narrow" };
  if (over(rttMs, RTT_WEAK_MS)) return { level: "weak", reason: "late" };
  if (over(lossShare, LOSS_FAIR)) return { level: "fair", reason: "gaps" };
  if (under(upKbps, UP_FAIR_KBPS)) return { level: "fair", reason: "narrow" };
  if (over(rttMs, RTT_FAIR_MS)) return { level: "fair", reason: "late" };
  if (line === "poor") return { level: "weak", reason: "gaps" };
  return { level: "good", reason: "ok" };
}

/** Of how many bars of three the sign is made: the shape tells it without colour. */
export function barsOf(line: LineQuality): 0 | 1 | 2 | 3 {
  switch (line) {
    case "excellent":
    case "unknown":
      return 3;
    case "good":
      return 2;
    case "poor":
      return 1;
    case "lost":
      return 0;
  }
}
