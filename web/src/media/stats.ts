// The browser's statistics of a call, boiled down to what one wants to see. Pure.

/** What getStats gives, as plain entries. */
export type StatEntry = { id: string; type: string; timestamp: number } & Record<string, unknown>;

export interface MediaStats {
  /** There and back, milliseconds. */
  rttMs: number | null;
  /** Share of packets lost on the way here since the last look, 0 to 1. */
  lossShare: number | null;
  upKbps: number | null;
  downKbps: number | null;
  /** What the browser thinks the way out can carry. */
  availableUpKbps: number | null;
  jitterMs: number | null;
  /** `udp`, `tcp`, or `relay` with the protocol to the relay. */
  path: string | null;
  sent: VideoStats | null;
  received: VideoStats[];
}

export interface VideoStats {
  width: number;
  height: number;
  framesPerSecond: number;
  codec: string;
}

export interface StatTotals {
  at: number;
  bytesSent: number;
  bytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
}

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const numberOrNull = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function videoOf(entry: StatEntry, byId: Map<string, StatEntry>): VideoStats | null {
  const width = number(entry.frameWidth);
  if (entry.kind !== "video" || width === 0) return null;
  const codec = text(byId.get(text(entry.codecId))?.mimeType).replace("video/", "");
  return {
    width,
    height: number(entry.frameHeight),
    framesPerSecond: Math.round(number(entry.framesPerSecond)),
    codec,
  };
}

function pairOf(entries: Iterable<StatEntry>, byId: Map<string, StatEntry>): StatEntry | undefined {
  const all = [...entries];
  const chosen = all.find((entry) => entry.type === "transport")?.selectedCandidatePairId;
  const named = byId.get(text(chosen));
  if (named !== undefined) return named;
  return all.find((entry) => entry.type === "candidate-pair" && entry.nominated === true);
}

function pathOf(pair: StatEntry | undefined, byId: Map<string, StatEntry>): string | null {
  const mine = byId.get(text(pair?.localCandidateId));
  if (mine === undefined) return null;
  if (mine.candidateType === "relay") return `relay ${text(mine.relayProtocol)}`.trim();
  return text(mine.protocol) || null;
}

export function totalsOf(entries: readonly StatEntry[], at: number): StatTotals {
  const totals: StatTotals = { at, bytesSent: 0, bytesReceived: 0, packetsReceived: 0, packetsLost: 0 };
  for (const entry of entries) {
    if (entry.type === "outbound-rtp") totals.bytesSent += number(entry.bytesSent);
    if (entry.type === "inbound-rtp") {
      totals.bytesReceived += number(entry.bytesReceived);
      totals.packetsReceived += number(entry.packetsReceived);
      totals.packetsLost += Math.max(0, number(entry.packetsLost));
    }
  }
  return totals;
}

function perSecond(before: number, after: number, ms: number): number | null {
  return ms > 0 && after >= before ? Math.round(((after - before) * 8) / ms) : null;
}

function lossOf(before: StatTotals, after: StatTotals): number | null {
  const lost = after.packetsLost - before.packetsLost;
  const all = lost + after.packetsReceived - before.packetsReceived;
  return all > 0 && lost >= 0 ? lost / all : null;
}

/** The entries of every track's report, without repeats: each report tells of the whole transport. */
export function uniqueEntries(reports: readonly (readonly StatEntry[])[]): StatEntry[] {
  return [...new Map(reports.flat().map((entry) => [entry.id, entry])).values()];
}

function largestRunning(a: VideoStats, b: VideoStats): number {
  return Number(b.framesPerSecond > 0) - Number(a.framesPerSecond > 0) || b.width - a.width;
}

export function statsOf(
  entries: readonly StatEntry[],
  before: StatTotals | null,
  after: StatTotals,
): MediaStats {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const pair = pairOf(entries, byId);
  const videos = (type: string) =>
    entries.filter((entry) => entry.type === type).flatMap((entry) => videoOf(entry, byId) ?? []);
  const ms = before === null ? 0 : after.at - before.at;
  const rttS = numberOrNull(pair?.currentRoundTripTime);
  const available = numberOrNull(pair?.availableOutgoingBitrate);
  const jitters = entries
    .filter((entry) => entry.type === "inbound-rtp")
    .map((entry) => number(entry.jitter));
  return {
    rttMs: rttS === null ? null : Math.round(rttS * 1000),
    lossShare: before === null ? null : lossOf(before, after),
    upKbps: before === null ? null : perSecond(before.bytesSent, after.bytesSent, ms),
    downKbps: before === null ? null : perSecond(before.bytesReceived, after.bytesReceived, ms),
    availableUpKbps: available === null ? null : Math.round(available / 1000),
    jitterMs: jitters.length === 0 ? null : Math.round(Math.max(...jitters) * 1000),
    path: pathOf(pair, byId),
    // A layer that nobody wants stands still: the largest that runs is what is sent.
    sent: videos("outbound-rtp").sort(largestRunning)[0] ?? null,
    received: videos("inbound-rtp").sort((a, b) => b.width - a.width),
  };
}
