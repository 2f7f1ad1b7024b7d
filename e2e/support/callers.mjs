// People in a call, each in a page of their own with LiveKit's own client and nothing of ours.

import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { openPage } from "./browser.mjs";
import { until } from "./until.mjs";

const CLIENT = join(import.meta.dirname, "../node_modules/livekit-client/dist/livekit-client.umd.js");
const PAGE = '<!doctype html><meta charset="utf-8"><script src="/client.js"></script>';

/** Serves the page: from another origin than the server's, as an app of a developer would. */
export async function servePage() {
  const client = await readFile(CLIENT);
  const server = createServer((request, response) => {
    const script = request.url === "/client.js";
    response.setHeader("content-type", script ? "text/javascript" : "text/html");
    response.end(script ? client : PAGE);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An access token as LiveKit's server SDKs make it. */
export function accessToken({ key, secret }, identity, room, grants = {}) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const video = { roomJoin: true, room, canUpdateOwnMetadata: true, ...grants };
  const head = base64url({ alg: "HS256", typ: "JWT" });
  const claims = base64url({ iss: key, sub: identity, name: identity, nbf: 0, exp, video });
  const signature = createHmac("sha256", secret).update(`${head}.${claims}`).digest("base64url");
  return `${head}.${claims}.${signature}`;
}

/** Somebody in a call. */
export class Caller {
  /** Opens their page and joins. `options` are those of LiveKit's `Room`. */
  static async join(browser, pageUrl, { url, token, options = {} }) {
    const caller = new Caller();
    caller.page = await openPage(browser, { permissions: ["camera", "microphone"] });
    await caller.page.goto(pageUrl);
    await caller.page.evaluate(prepare);
    await caller.page.evaluate(
      async ({ url, token, options }) => {
        await globalThis.enter(options);
        await globalThis.room.connect(url, token);
      },
      { url: url.replace("http", "ws"), token, options },
    );
    return caller;
  }

  /** Runs something in their page; `room` and `heard` are there. */
  run(work, argument) {
    return this.page.evaluate(work, argument);
  }

  /** Waits until a question about their room is answered with yes. */
  async sees(what, question, argument) {
    await until(what, () => this.page.evaluate(question, argument), 30_000);
  }

  /** What they decode of somebody: pictures and the energy of sound, counted since the beginning. */
  decoded(identity) {
    return this.page.evaluate((identity) => globalThis.decoded(identity), identity);
  }

  /** Waits until they see and hear more of somebody than before. */
  async receives(identity, { video = true, audio = true } = {}) {
    const before = await this.decoded(identity);
    await until(
      `more of ${identity} than ${JSON.stringify(before)}`,
      async () => {
        const now = await this.decoded(identity);
        const seen = !video || now.frames > before.frames + 5;
        const heard = !audio || now.energy > before.energy;
        return seen && heard ? now : false;
      },
      30_000,
    );
  }

  async close() {
    await this.page.context().close();
  }
}

/** Runs in the page. */
function prepare() {
  const { Room, RoomEvent } = globalThis.LivekitClient;
  globalThis.enter = (options) => {
    const room = new Room(options);
    globalThis.room = room;
    globalThis.heard = { data: [], events: [] };
    room.on(RoomEvent.TrackSubscribed, (track) => document.body.append(track.attach()));
    room.on(RoomEvent.DataReceived, (payload, from, _kind, topic) => {
      const text = new TextDecoder().decode(payload);
      globalThis.heard.data.push({ text, topic, from: from?.identity });
    });
    const told = [
      RoomEvent.Reconnected,
      RoomEvent.Reconnecting,
      RoomEvent.SignalReconnecting,
      RoomEvent.Disconnected,
    ];
    for (const name of told) room.on(name, (reason) => globalThis.heard.events.push({ name, reason }));
  };
  globalThis.decoded = async (identity) => {
    const counts = { frames: 0, energy: 0 };
    const publications = globalThis.room.remoteParticipants.get(identity)?.trackPublications ?? new Map();
    for (const { track } of publications.values()) {
      for (const report of (await track?.receiver?.getStats())?.values() ?? []) {
        if (report.type !== "inbound-rtp") continue;
        counts.frames += report.framesDecoded ?? 0;
        counts.energy += report.totalAudioEnergy ?? 0;
      }
    }
    return counts;
  };
}
