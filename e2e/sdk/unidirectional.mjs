// The unidirectional transports, with nothing but what a browser has: EventSource, fetch and
// WebSocket. The channels come from the token.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { run } from "./lines.mjs";
import { token } from "./tokens.mjs";

const BASE = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const API_KEY = "sdk-key";
const closers = [];

/** Pushes as they come, each to be awaited once. */
class Pushes {
  #waiting = [];
  #ready = [];
  ended = new Promise((done) => {
    this.end = done;
  });

  take(text) {
    for (const line of String(text).split("\n").filter(Boolean)) {
      const push = JSON.parse(line);
      const waiter = this.#waiting.shift();
      if (waiter) waiter(push);
      else this.#ready.push(push);
    }
  }

  /** The next one that holds `field`, within five seconds. */
  async next(field) {
    const until = Date.now() + 5_000;
    while (Date.now() < until) {
      const push =
        this.#ready.shift() ??
        (await Promise.race([
          new Promise((done) => this.#waiting.push(done)),
          new Promise((_, fail) => setTimeout(() => fail(new Error(`no ${field} in time`)), 5_000)),
        ]));
      if (field in push) return push;
    }
    throw new Error(`no ${field} in time`);
  }
}

const ways = {
  uni_sse(request) {
    const pushes = new Pushes();
    const query = encodeURIComponent(JSON.stringify(request));
    const source = new EventSource(`${BASE}/connection/uni_sse?cf_connect=${query}`);
    source.onmessage = (message) => pushes.take(message.data);
    source.onerror = () => pushes.end();
    closers.push(() => source.close());
    return pushes;
  },

  uni_http_stream(request) {
    const pushes = new Pushes();
    const stop = new AbortController();
    closers.push(() => stop.abort());
    const read = async () => {
      const answer = await fetch(`${BASE}/connection/uni_http_stream`, {
        method: "POST",
        body: JSON.stringify(request),
        signal: stop.signal,
      });
      let rest = "";
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop();
        pushes.take(lines.join("\n"));
      }
    };
    read().then(pushes.end, pushes.end);
    return pushes;
  },

  uni_websocket(request) {
    const pushes = new Pushes();
    const socket = new WebSocket(`${BASE.replace("http", "ws")}/connection/uni_websocket`);
    socket.on("open", () => socket.send(JSON.stringify(request)));
    socket.on("message", (data) => pushes.take(data));
    socket.on("close", (code, reason) => pushes.end({ code, reason: String(reason) }));
    socket.on("error", () => pushes.end());
    closers.push(() => socket.terminate());
    return pushes;
  },
};

async function api(method, body) {
  const answer = await fetch(`${BASE}/api/${method}`, {
    method: "POST",
    headers: { "X-API-Key": API_KEY },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `POST /api/${method}`);
  const { error, result } = await answer.json();
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}

const fresh = (name) => `${name}_${randomUUID().slice(0, 8)}`;

const cases = {
  async "is connected and has the channels of its token"(open) {
    const channel = fresh("uni");
    const pushes = open({ token: token({ sub: "42", channels: [channel] }) });
    const { connect } = await pushes.next("connect");
    assert.ok(connect.client.length > 0);
    assert.ok(channel in connect.subs);
  },

  async "hears what the API publishes"(open) {
    const channel = fresh("uni");
    const pushes = open({ token: token({ sub: "42", channels: [channel] }) });
    await pushes.next("connect");
    for (const n of [1, 2, 3]) await api("publish", { channel, data: { n } });
    for (const n of [1, 2, 3]) {
      const push = await pushes.next("pub");
      assert.deepEqual([push.channel, push.pub.data, push.pub.offset], [channel, { n }, n]);
    }
  },

  async "recovers by the position that it tells"(open) {
    const channel = fresh("uni");
    const claims = { sub: "42", channels: [channel] };
    const first = open({ token: token(claims) });
    await first.next("connect");
    const position = await api("publish", { channel, data: { n: 1 } });
    await first.next("pub");
    closers.pop()();
    await api("publish", { channel, data: { n: 2 } });
    const again = open({ token: token(claims), subs: { [channel]: { recover: true, ...position } } });
    const { connect } = await again.next("connect");
    assert.equal(connect.subs[channel].recovered, true);
    assert.deepEqual(
      connect.subs[channel].publications.map((publication) => publication.data),
      [{ n: 2 }],
    );
  },

  async "is told that the server sends it away"(open, name) {
    const user = fresh("user");
    const pushes = open({ token: token({ sub: user }) });
    await pushes.next("connect");
    await api("disconnect", { user });
    if (name === "uni_websocket") {
      assert.equal((await pushes.ended).code, 3503);
    } else {
      assert.equal((await pushes.next("disconnect")).disconnect.code, 3503);
    }
  },
};

const all = {};
for (const [name, open] of Object.entries(ways)) {
  for (const [title, body] of Object.entries(cases)) {
    all[`${name}: ${title}`] = () => body(open, name);
  }
}
await run(all, {
  after() {
    for (const close of closers.splice(0)) close();
  },
});
