// The official JavaScript SDK against the real binary: each transport in each encoding it has.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Centrifuge as JsonClient } from "centrifuge";
import { Centrifuge as ProtobufClient } from "centrifuge/build/protobuf";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { run } from "./lines.mjs";
import { inSeconds, token } from "./tokens.mjs";

const BASE = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const API_KEY = "sdk-key";

/** Transport, encoding, and where it is reached. */
const WAYS = [
  ["websocket", "json", `${BASE.replace("http", "ws")}/connection/websocket`],
  ["websocket", "protobuf", `${BASE.replace("http", "ws")}/connection/websocket`],
  ["http_stream", "json", `${BASE}/connection/http_stream`],
  ["http_stream", "protobuf", `${BASE}/connection/http_stream`],
  ["sse", "json", `${BASE}/connection/sse`],
];

const open = [];
const fresh = (name, namespace = "") => `${namespace}${name}_${randomUUID().slice(0, 8)}`;

/** A promise whose failure nobody needs to hear of: the case may have failed before. */
function awaited(body) {
  const promise = new Promise(body);
  promise.catch(() => {});
  return promise;
}

/** The next event of this name that `fits`, within five seconds. */
function event(emitter, name, fits = () => true) {
  return awaited((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no ${name} in time`)), 5_000);
    const listener = (context) => {
      if (!fits(context)) return;
      clearTimeout(late);
      emitter.off(name, listener);
      done(context);
    };
    emitter.on(name, listener);
  });
}

/** The next publications, so many of them. */
function publications(subscription, count) {
  const seen = [];
  return awaited((done, fail) => {
    const late = setTimeout(() => fail(new Error(`only ${seen.length} of ${count}`)), 8_000);
    subscription.on("publication", (context) => {
      seen.push(context);
      if (seen.length === count) {
        clearTimeout(late);
        done(seen);
      }
    });
  });
}

/** One way to reach the server, with the values as both encodings want them. */
class Way {
  constructor([transport, encoding, endpoint]) {
    Object.assign(this, { transport, encoding, endpoint });
    this.name = `${transport} ${encoding}`;
  }

  pack(value) {
    return this.encoding === "json" ? value : new TextEncoder().encode(JSON.stringify(value));
  }

  unpack(value) {
    return this.encoding === "json" ? value : JSON.parse(new TextDecoder().decode(value));
  }

  client(options = {}) {
    const Client = this.encoding === "json" ? JsonClient : ProtobufClient;
    const made = new Client([{ transport: this.transport, endpoint: this.endpoint }], {
      websocket: WebSocket,
      eventsource: EventSource,
      fetch,
      readableStream: ReadableStream,
      emulationEndpoint: `${BASE}/emulation`,
      token: token({ sub: "42" }),
      minReconnectDelay: 20,
      maxReconnectDelay: 200,
      ...options,
    });
    open.push(made);
    return made;
  }

  async connected(user = "42", options = {}) {
    const made = this.client({ token: token({ sub: user }), ...options });
    const context = event(made, "connected");
    made.connect();
    return [made, await context];
  }
}

async function subscribed(client, channel, options) {
  const made = client.newSubscription(channel, options);
  const context = event(made, "subscribed");
  made.subscribe();
  return [made, await context];
}

/** Another connection by WebSocket, to publish from while the first is away. */
const helper = (user = "7") => new Way(WAYS[0]).connected(user);

async function api(method, body) {
  const answer = await fetch(`${BASE}/api/${method}`, {
    method: "POST",
    headers: { "X-API-Key": API_KEY, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `POST /api/${method}`);
  return answer.json();
}

const cases = {
  async "connects, and knows its client id and its transport"(way) {
    const [, context] = await way.connected();
    assert.ok(context.client.length > 0);
    assert.equal(context.transport, way.transport);
  },

  async "is sent away for good with a forged token"(way) {
    const made = way.client({ token: token({ sub: "42" }, "another secret") });
    const context = event(made, "disconnected");
    made.connect();
    assert.equal((await context).code, 3500);
  },

  async "asks for another token when the first is over"(way) {
    let asked = 0;
    const getToken = async () => {
      asked += 1;
      return token({ sub: "42", exp: inSeconds(60) });
    };
    await way.connected("42", { token: token({ sub: "42", exp: inSeconds(-60) }), getToken });
    assert.equal(asked, 1);
  },

  async "refreshes its token while it stays connected"(way) {
    let refreshed;
    const done = new Promise((resolve) => {
      refreshed = resolve;
    });
    let asked = 0;
    const getToken = async () => {
      asked += 1;
      if (asked > 1) refreshed();
      return token({ sub: "42", exp: inSeconds(asked === 1 ? 2 : 600) });
    };
    const [made] = await way.connected("42", { token: "", getToken });
    let sentAway = null;
    made.on("connecting", (context) => {
      sentAway = context.code;
    });
    await done;
    await made.publish(fresh("after_refresh"), way.pack({}));
    assert.equal(sentAway, null);
  },

  async "publishes, and hears it with its offset and author"(way) {
    const [made] = await way.connected("42");
    const [subscription, context] = await subscribed(made, fresh("talk"));
    assert.equal(context.recoverable, true);
    const heard = event(subscription, "publication");
    await subscription.publish(way.pack({ text: "ä\n€ 你好" }));
    const publication = await heard;
    assert.deepEqual(way.unpack(publication.data), { text: "ä\n€ 你好" });
    assert.equal(publication.offset, 1);
    assert.equal(publication.info.user, "42");
  },

  async "hears a hundred publications in their order"(way) {
    const channel = fresh("order");
    const [made] = await way.connected("42");
    const [subscription] = await subscribed(made, channel);
    const heard = publications(subscription, 100);
    await Promise.all([...Array(100).keys()].map((n) => subscription.publish(way.pack({ n }))));
    const all = await heard;
    assert.deepEqual(
      all.map((publication) => publication.offset),
      [...Array(100).keys()].map((n) => n + 1),
    );
    const numbers = all.map((publication) => way.unpack(publication.data).n);
    // Requests of their own overtake each other on their way to the server.
    if (way.transport !== "websocket") numbers.sort((a, b) => a - b);
    assert.deepEqual(numbers, [...Array(100).keys()]);
  },

  async "recovers exactly what it missed"(way) {
    const channel = fresh("recovery");
    const [made] = await way.connected("42");
    const [subscription] = await subscribed(made, channel);
    const first = event(subscription, "publication");
    await subscription.publish(way.pack({ n: 0 }));
    await first;
    made.disconnect();
    const [other] = await helper();
    const [otherSubscription] = await subscribed(other, channel);
    for (let n = 1; n <= 20; n += 1) await otherSubscription.publish({ n });
    const missed = publications(subscription, 20);
    const back = event(subscription, "subscribed");
    made.connect();
    const context = await back;
    assert.deepEqual([context.wasRecovering, context.recovered], [true, true]);
    assert.deepEqual(
      (await missed).map((publication) => [publication.offset, way.unpack(publication.data).n]),
      [...Array(20).keys()].map((n) => [n + 2, n + 1]),
    );
  },

  async "is told when what it missed is no longer kept"(way) {
    const channel = fresh("gone", "smallhistory:");
    const [made] = await way.connected("42");
    const [subscription] = await subscribed(made, channel);
    made.disconnect();
    const [other] = await helper();
    const [otherSubscription] = await subscribed(other, channel);
    for (let n = 1; n <= 5; n += 1) await otherSubscription.publish({ n });
    const back = event(subscription, "subscribed");
    made.connect();
    const context = await back;
    assert.deepEqual([context.wasRecovering, context.recovered], [true, false]);
    assert.equal(context.streamPosition.offset, 5);
  },

  async "reads history forward, backward and its position alone"(way) {
    const [made] = await way.connected("42");
    const [subscription] = await subscribed(made, fresh("history"));
    for (let n = 1; n <= 5; n += 1) await subscription.publish(way.pack({ n }));
    const position = await subscription.history({ limit: 0 });
    assert.deepEqual([position.offset, position.publications.length], [5, 0]);
    const page = await subscription.history({ limit: 2 });
    assert.deepEqual(
      page.publications.map((publication) => publication.offset),
      [1, 2],
    );
    const since = { offset: 2, epoch: page.epoch };
    const next = await subscription.history({ limit: 2, since });
    assert.deepEqual(
      next.publications.map((publication) => publication.offset),
      [3, 4],
    );
    const last = await subscription.history({ limit: 2, reverse: true });
    assert.deepEqual(
      last.publications.map((publication) => publication.offset),
      [5, 4],
    );
    const wrong = { offset: 2, epoch: "nonsense" };
    await assert.rejects(subscription.history({ limit: 2, since: wrong }), { code: 112 });
  },

  async "sees who is there, who comes and who goes"(way) {
    const channel = fresh("presence");
    const [one, { client }] = await way.connected("one");
    const [watcher] = await subscribed(one, channel, { joinLeave: true });
    const [two] = await way.connected("two");
    const join = event(watcher, "join", ({ info }) => info.user === "two");
    await subscribed(two, channel);
    await join;
    const { numClients, numUsers } = await watcher.presenceStats();
    assert.deepEqual([numClients, numUsers], [2, 2]);
    const { clients } = await watcher.presence();
    assert.equal(clients[client].user, "one");
    const leave = event(watcher, "leave", ({ info }) => info.user === "two");
    two.disconnect();
    await leave;
    assert.equal((await watcher.presenceStats()).numClients, 1);
  },

  async "has its personal channel without asking"(way) {
    const user = fresh("u");
    const made = way.client({ token: token({ sub: user }) });
    const stood = event(made, "subscribed");
    made.connect();
    assert.equal((await stood).channel, `#${user}`);
    const heard = event(made, "publication");
    await made.publish(`#${user}`, way.pack({ n: 1 }));
    const publication = await heard;
    assert.deepEqual([publication.channel, way.unpack(publication.data)], [`#${user}`, { n: 1 }]);
  },

  async "has the channels that its token names"(way) {
    const channel = fresh("by_token");
    const made = way.client({ token: token({ sub: "42", channels: [channel] }) });
    const stood = event(made, "subscribed", (context) => context.channel === channel);
    made.connect();
    await stood;
    const [other] = await helper();
    const heard = event(made, "publication");
    const [otherSubscription] = await subscribed(other, channel);
    await otherSubscription.publish({ n: 1 });
    assert.equal((await heard).channel, channel);
  },

  async "gets deltas and puts them together"(way) {
    const [made] = await way.connected("42");
    const [subscription] = await subscribed(made, fresh("delta"), { delta: "fossil" });
    const base = { list: [...Array(60).keys()].map((n) => `a line that hardly changes ${n}`) };
    const heard = publications(subscription, 4);
    for (let turn = 0; turn < 4; turn += 1) {
      await subscription.publish(way.pack({ ...base, turn }));
    }
    assert.deepEqual(
      (await heard).map((publication) => way.unpack(publication.data)),
      [0, 1, 2, 3].map((turn) => ({ ...base, turn })),
    );
  },

  async "is told that nobody answers an rpc"(way) {
    const [made] = await way.connected("42");
    await assert.rejects(made.rpc("anything", way.pack({})), { code: 108 });
  },

  async "is told that a namespace is unknown"(way) {
    const [made] = await way.connected("42");
    const subscription = made.newSubscription("nosuchnamespace:channel");
    const context = event(subscription, "unsubscribed");
    subscription.subscribe();
    assert.equal((await context).code, 102);
  },

  async "needs a token of its own for a private channel"(way) {
    const channel = `$${fresh("private")}`;
    const [made] = await way.connected("42");
    const without = made.newSubscription(channel);
    const refused = event(without, "unsubscribed");
    without.subscribe();
    assert.equal((await refused).code, 103);
    made.removeSubscription(without);
    await subscribed(made, channel, { getToken: async () => token({ sub: "42", channel }) });
  },

  async "is refused with a subscription token of a forger"(way) {
    const channel = fresh("forged");
    const [made] = await way.connected("42");
    const forged = token({ sub: "42", channel }, "another secret");
    const subscription = made.newSubscription(channel, { token: forged });
    const context = event(subscription, "unsubscribed");
    subscription.subscribe();
    assert.equal((await context).code, 103);
  },

  async "refreshes the token of a subscription"(way) {
    const channel = fresh("sub_refresh");
    const [made] = await way.connected("42");
    let asked = 0;
    let refreshed;
    const done = new Promise((resolve) => {
      refreshed = resolve;
    });
    const getToken = async () => {
      asked += 1;
      if (asked > 1) refreshed();
      return token({ sub: "42", channel, exp: inSeconds(asked === 1 ? 2 : 600) });
    };
    const [subscription] = await subscribed(made, channel, { getToken });
    await done;
    await subscription.publish(way.pack({}));
    assert.equal(subscription.state, "subscribed");
  },

  async "subscribes to a hundred channels in one batch"(way) {
    const [made] = await way.connected("42");
    const prefix = fresh("batch");
    const stood = [];
    made.startBatching();
    for (let n = 0; n < 100; n += 1) {
      const subscription = made.newSubscription(`${prefix}_${n}`);
      stood.push(event(subscription, "subscribed"));
      subscription.subscribe();
    }
    made.stopBatching();
    assert.equal((await Promise.all(stood)).length, 100);
  },

  async "carries a publication of forty thousand bytes"(way) {
    const [made] = await way.connected("42");
    const [subscription] = await subscribed(made, fresh("large"));
    const text = "你".repeat(13_000);
    const heard = event(subscription, "publication");
    await subscription.publish(way.pack({ text }));
    assert.equal(way.unpack((await heard).data).text, text);
  },

  async "comes back by itself after the server sends it away"(way) {
    const user = fresh("sent_away");
    const [made] = await way.connected(user);
    const [subscription] = await subscribed(made, fresh("again"));
    const again = event(made, "connected");
    const stood = event(subscription, "subscribed");
    await api("disconnect", { user, disconnect: { code: 3011, reason: "force reconnect" } });
    await again;
    assert.equal((await stood).recovered, true);
  },

  async "stays away when the server says so"(way) {
    const user = fresh("sent_away");
    const [made] = await way.connected(user);
    const context = event(made, "disconnected");
    await api("disconnect", { user });
    assert.equal((await context).code, 3503);
  },

  async "is subscribed and unsubscribed by the server"(way) {
    const user = fresh("managed");
    const channel = fresh("managed");
    const [made] = await way.connected(user);
    const stood = event(made, "subscribed", (context) => context.channel === channel);
    await api("subscribe", { user, channel });
    await stood;
    const gone = event(made, "unsubscribed", (context) => context.channel === channel);
    await api("unsubscribe", { user, channel });
    await gone;
  },

  async "gets only the publications that its filter lets through"(way) {
    const channel = fresh("tags", "filtered:");
    const [made] = await way.connected("42");
    const tagsFilter = { key: "kind", cmp: "eq", val: "good" };
    const [subscription] = await subscribed(made, channel, { tagsFilter });
    const heard = publications(subscription, 2);
    for (const [n, kind] of ["bad", "good", "bad", "good"].entries()) {
      await api("publish", { channel, data: { n }, tags: { kind } });
    }
    const seen = await heard;
    assert.deepEqual(
      seen.map((publication) => way.unpack(publication.data).n),
      [1, 3],
    );
    assert.equal(seen[0].tags.kind, "good");
  },

  async "gets the newest publication at once where a channel is a cache"(way) {
    const channel = fresh("state", "cached:");
    await api("publish", { channel, data: { n: 1 } });
    await api("publish", { channel, data: { n: 2 } });
    const [made] = await way.connected("42");
    const subscription = made.newSubscription(channel, { since: { offset: 0, epoch: "" } });
    const heard = event(subscription, "publication");
    subscription.subscribe();
    assert.deepEqual(way.unpack((await heard).data), { n: 2 });
  },
};

const all = {};
for (const way of WAYS.map((each) => new Way(each))) {
  for (const [name, body] of Object.entries(cases)) all[`${way.name}: ${name}`] = () => body(way);
}
await run(all, {
  after() {
    for (const made of open.splice(0)) made.disconnect();
  },
});
