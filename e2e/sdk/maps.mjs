// Maps with the official JavaScript SDK, its JSON and its protobuf build, against the real binary.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Centrifuge as JsonClient } from "centrifuge";
import { Centrifuge as ProtobufClient } from "centrifuge/build/protobuf";
import WebSocket from "ws";
import { run } from "./lines.mjs";
import { token } from "./tokens.mjs";

const BASE = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const ENDPOINT = `${BASE.replace("http", "ws")}/connection/websocket`;

const open = [];
const fresh = (namespace) => `${namespace}:${randomUUID().slice(0, 8)}`;

/** Calls the server HTTP API; its result. */
async function api(method, body) {
  const headers = { "Content-Type": "application/json", "X-API-Key": "sdk-key" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await (await fetch(`${BASE}/api/${method}`, options)).json();
  assert.equal(answer.error, undefined, `${method}: ${JSON.stringify(answer)}`);
  return answer.result;
}

const put = (channel, key, data, more = {}) => api("map_publish", { channel, key, data, ...more });
const drop = (channel, key) => api("map_remove", { channel, key });

/** A promise that fails after a while, and whose failure nobody needs to hear of. */
function awaited(what, body) {
  const promise = new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no ${what} in time`)), 8_000);
    body((value) => {
      clearTimeout(late);
      done(value);
    });
  });
  promise.catch(() => {});
  return promise;
}

const event = (emitter, name) => awaited(name, (done) => emitter.once(name, done));

/** The next events of this name, so many of them. */
function events(emitter, name, count) {
  const seen = [];
  return awaited(`${count} times ${name}`, (done) => {
    emitter.on(name, (context) => {
      seen.push(context);
      if (seen.length === count) done(seen);
    });
  });
}

class Way {
  constructor(encoding) {
    this.name = encoding;
    this.encoding = encoding;
  }

  pack(value) {
    return this.encoding === "json" ? value : new TextEncoder().encode(JSON.stringify(value));
  }

  unpack(value) {
    return this.encoding === "json" ? value : JSON.parse(new TextDecoder().decode(value));
  }

  async connected(user = "42") {
    const Client = this.encoding === "json" ? JsonClient : ProtobufClient;
    const made = new Client(ENDPOINT, {
      websocket: WebSocket,
      token: token({ sub: user }),
      minReconnectDelay: 20,
      maxReconnectDelay: 200,
    });
    open.push(made);
    const context = event(made, "connected");
    made.connect();
    return [made, await context];
  }

  /** A copy of the map as an app keeps it, from `sync` and `update` alone. */
  copy(subscription) {
    const copy = new Map();
    subscription.on("sync", ({ entries }) => {
      copy.clear();
      for (const { key, data } of entries) copy.set(key, this.unpack(data));
    });
    subscription.on("update", ({ key, data, removed }) => {
      if (removed) copy.delete(key);
      else copy.set(key, this.unpack(data));
    });
    return copy;
  }
}

const plain = (copy) => Object.fromEntries([...copy].sort());

/** What the server holds, by the HTTP API, page by page. */
async function held(channel) {
  const entries = [];
  let page = { cursor: "" };
  do {
    page = await api("map_read_state", { channel, limit: 3, cursor: page.cursor });
    entries.push(...page.entries);
  } while (page.cursor);
  return Object.fromEntries(entries.map(({ key, data }) => [key, data]).sort());
}

async function until(what, holds) {
  const start = Date.now();
  while (!(await holds())) {
    if (Date.now() - start > 8_000) throw new Error(`not ${what} in time`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function subscribed(client, channel, options) {
  const made = client.newMapSubscription(channel, { minResubscribeDelay: 20, ...options });
  const sync = event(made, "sync");
  const stood = event(made, "subscribed");
  made.subscribe();
  return [made, await stood, await sync];
}

const cases = {
  async "finds an empty map empty and a full one full"(way) {
    const [made] = await way.connected();
    for (const namespace of ["streamless", "positioned"]) {
      const channel = fresh(namespace);
      const [empty, stood, { entries }] = await subscribed(made, channel);
      assert.deepEqual([entries.length, stood.recoverable], [0, namespace === "positioned"]);
      empty.unsubscribe();
      made.removeSubscription(empty);
      for (const n of [1, 2, 3]) await put(channel, `k${n}`, { v: n });
      const [, , sync] = await subscribed(made, channel);
      assert.deepEqual(sync.entries.map(({ key, data }) => [key, way.unpack(data).v]).sort(), [
        ["k1", 1],
        ["k2", 2],
        ["k3", 3],
      ]);
    }
  },

  async "hears values and removals, its own and others'"(way) {
    const channel = fresh("streamless");
    const [made] = await way.connected();
    const [subscription] = await subscribed(made, channel);
    const updates = events(subscription, "update", 4);
    await put(channel, "a", { by: "api" });
    await subscription.publish("b", way.pack({ by: "client" }));
    await drop(channel, "a");
    await subscription.remove("b");
    assert.deepEqual(
      (await updates).map(({ key, removed, info }) => [key, removed === true, info?.user]),
      [
        ["a", false, undefined],
        ["b", false, "42"],
        ["a", true, undefined],
        ["b", true, "42"],
      ],
    );
  },

  async "is given a long map page by page while others write to it"(way) {
    const channel = fresh("positioned");
    for (let n = 0; n < 40; n += 1) await put(channel, `k${n}`, { v: n });
    const [made] = await way.connected();
    const writing = (async () => {
      for (let n = 0; n < 60; n += 1) {
        if (n % 4 === 0) await drop(channel, `k${n % 40}`);
        else await put(channel, `k${n % 50}`, { v: `later ${n}` });
      }
    })();
    const subscription = made.newMapSubscription(channel, { pageSize: 3 });
    const copy = way.copy(subscription);
    const sync = event(subscription, "sync");
    subscription.subscribe();
    await sync;
    await writing;
    const expected = await held(channel);
    await until("the same", () => {
      try {
        assert.deepEqual(plain(copy), expected);
        return true;
      } catch {
        return false;
      }
    });
  },

  async "recovers what changed while it was away"(way) {
    const channel = fresh("positioned");
    const [made] = await way.connected();
    const subscription = made.newMapSubscription(channel);
    const copy = way.copy(subscription);
    const first = event(subscription, "sync");
    subscription.subscribe();
    await first;
    const heard = event(subscription, "update");
    await put(channel, "before", { v: 1 });
    await heard;
    made.disconnect();
    await put(channel, "during", { v: 2 });
    await drop(channel, "before");
    let synced = 0;
    subscription.on("sync", () => (synced += 1));
    const stood = event(subscription, "subscribed");
    const updates = events(subscription, "update", 2);
    made.connect();
    assert.deepEqual([(await stood).wasRecovering, (await stood).recovered], [true, true]);
    assert.deepEqual(
      (await updates).map(({ key, offset }) => [key, offset]),
      [
        ["during", 2],
        ["before", 3],
      ],
    );
    assert.deepEqual([synced, plain(copy)], [0, { during: { v: 2 } }]);
  },

  async "is given everything anew where nothing is kept"(way) {
    const channel = fresh("streamless");
    await put(channel, "stays", { v: 1 });
    const [made] = await way.connected();
    const [subscription] = await subscribed(made, channel);
    made.disconnect();
    await put(channel, "new", { v: 2 });
    const sync = event(subscription, "sync");
    made.connect();
    assert.deepEqual((await sync).entries.map(({ key }) => key).sort(), ["new", "stays"]);
  },

  async "begins anew when too much changed, or is told so"(way) {
    for (const unrecoverableStrategy of ["from_scratch", "fatal"]) {
      const channel = fresh("smallstream");
      const [made] = await way.connected();
      const [subscription] = await subscribed(made, channel, { unrecoverableStrategy });
      const heard = event(subscription, "update");
      await put(channel, "first", { v: 0 });
      await heard;
      subscription.unsubscribe();
      for (const n of [1, 2, 3, 4, 5]) await put(channel, `k${n}`, { v: n });
      if (unrecoverableStrategy === "fatal") {
        const ended = event(subscription, "unsubscribed");
        subscription.subscribe();
        assert.equal((await ended).code, 112);
      } else {
        const [stood, sync] = [event(subscription, "subscribed"), event(subscription, "sync")];
        subscription.subscribe();
        assert.equal((await stood).recovered, false);
        assert.equal((await sync).entries.length, 6);
      }
    }
  },

  async "gets values as differences, each to the one before of its key"(way) {
    const channel = fresh("positioned");
    const base = { list: [...Array(60).keys()].map((n) => `a line that hardly changes ${n}`) };
    await put(channel, "a", { ...base, turn: 0 });
    await put(channel, "b", { ...base, turn: 100 });
    const [made] = await way.connected();
    const subscription = made.newMapSubscription(channel, { delta: "fossil" });
    const copy = way.copy(subscription);
    const sync = event(subscription, "sync");
    subscription.subscribe();
    await sync;
    const heard = events(subscription, "update", 7);
    for (const turn of [1, 2, 3]) {
      await put(channel, "a", { ...base, turn });
      await put(channel, "b", { ...base, turn: 100 + turn });
    }
    await put(channel, "new", { fresh: true });
    await heard;
    const expected = { a: { ...base, turn: 3 }, b: { ...base, turn: 103 }, new: { fresh: true } };
    assert.deepEqual(plain(copy), expected);
    assert.ok(subscription.deltaStats().numDeltaPayloads >= 4, JSON.stringify(subscription.deltaStats()));
    // Removed and set again: there is nothing to build on; and once more after being away.
    const again = events(subscription, "update", 3);
    await drop(channel, "a");
    await put(channel, "a", { ...base, turn: 4 });
    await put(channel, "a", { ...base, turn: 5 });
    await again;
    made.disconnect();
    await put(channel, "b", { ...base, turn: 104 });
    const back = events(subscription, "update", 2);
    made.connect();
    await until("back", () => subscription.state === "subscribed");
    await put(channel, "b", { ...base, turn: 105 });
    await back;
    assert.deepEqual([copy.get("a").turn, copy.get("b").turn], [5, 105]);
    assert.deepEqual(plain(copy), await held(channel));
  },

  async "hears only of the tags it asked for"(way) {
    const channel = fresh("positioned");
    await put(channel, "a", { v: 1 }, { tags: { sector: "tech" } });
    await put(channel, "b", { v: 2 }, { tags: { sector: "food" } });
    const [made] = await way.connected();
    const tagsFilter = { key: "sector", cmp: "eq", val: "tech" };
    const [subscription, , { entries }] = await subscribed(made, channel, { tagsFilter });
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["a"],
    );
    const updates = events(subscription, "update", 2);
    await put(channel, "c", { v: 3 }, { tags: { sector: "food" } });
    await put(channel, "d", { v: 4 }, { tags: { sector: "tech" } });
    await drop(channel, "b");
    await drop(channel, "a");
    assert.deepEqual(
      (await updates).map(({ key, removed }) => [key, removed === true]),
      [
        ["d", false],
        ["a", true],
      ],
    );
  },

  async "writes under its own id, and that goes with it"(way) {
    const channel = fresh("clientkey");
    const [made, { client }] = await way.connected();
    const [subscription] = await subscribed(made, channel);
    const [other] = await way.connected("43");
    const [watching] = await subscribed(other, channel);
    const updates = events(watching, "update", 2);
    await subscription.publish("whatever", way.pack({ x: 1 }));
    made.disconnect();
    assert.deepEqual(
      (await updates).map(({ key, removed }) => [key, removed === true]),
      [
        [client, false],
        [client, true],
      ],
    );
  },

  async "sees values go by themselves"(way) {
    const channel = fresh("brief");
    const [made] = await way.connected();
    const [subscription] = await subscribed(made, channel);
    const updates = events(subscription, "update", 2);
    await put(channel, "a", { v: 1 });
    assert.deepEqual(
      (await updates).map(({ removed }) => removed === true),
      [false, true],
    );
    assert.deepEqual(await held(channel), {});
  },

  async "is given entries by their score"(way) {
    const channel = fresh("ordered");
    for (const [key, score] of [
      ["c", 5],
      ["a", 20],
      ["b", 10],
    ])
      await put(channel, key, { score }, { score });
    const [made] = await way.connected();
    const [, , { entries }] = await subscribed(made, channel, { pageSize: 2 });
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["a", "b", "c"],
    );
  },

  async "sees who is there, by connection and by user"(way) {
    const channel = fresh("prestest");
    const [watcher] = await way.connected("watcher");
    const clients = watcher.newMapClientsSubscription(`prescli:${channel}`);
    const users = watcher.newMapUsersSubscription(`presusr:${channel}`);
    const [byClient, byUser] = [events(clients, "update", 4), events(users, "update", 2)];
    for (const presence of [clients, users]) {
      const sync = event(presence, "sync");
      presence.subscribe();
      assert.equal((await sync).entries.length, 0);
    }
    const [one, first] = await way.connected("ann");
    const [two, second] = await way.connected("ann");
    const [subscription] = await subscribed(one, channel);
    await subscribed(two, channel);
    const [late] = await way.connected("late");
    const presence = late.newMapClientsSubscription(`prescli:${channel}`);
    const there = event(presence, "sync");
    presence.subscribe();
    const infos = (await there).entries.map(({ key, info }) => [key, info.user]);
    assert.deepEqual(
      infos.sort(),
      [
        [first.client, "ann"],
        [second.client, "ann"],
      ].sort(),
    );
    subscription.unsubscribe();
    await until("gone", async () => Object.keys(await held(`prescli:${channel}`)).length === 1);
    two.disconnect();
    assert.deepEqual(
      (await byClient).map(({ key, removed }) => [key, removed === true]),
      [
        [first.client, false],
        [second.client, false],
        [first.client, true],
        [second.client, true],
      ],
    );
    assert.deepEqual(
      (await byUser).map(({ key, removed }) => [key, removed === true]),
      [
        ["ann", false],
        ["ann", true],
      ],
    );
    await assert.rejects(watcher.mapPublish(`prescli:${channel}`, "x", way.pack({})), { code: 108 });
  },

  async "comes back to an empty map after it was cleared"(way) {
    const channel = fresh("positioned");
    await put(channel, "a", { v: 1 });
    const [made] = await way.connected();
    const [subscription] = await subscribed(made, channel);
    const sync = event(subscription, "sync");
    await api("map_clear", { channel });
    assert.deepEqual((await sync).entries, []);
  },

  async "is refused what is no map of its kind"(way) {
    const [made] = await way.connected();
    for (const [subscription, code] of [
      [made.newMapSubscription(fresh("recovery")), 107],
      [made.newSubscription(fresh("positioned")), 107],
      [made.newMapSubscription(fresh("prescli")), 107],
      [made.newSharedPollSubscription(fresh("positioned")), 108],
    ]) {
      const ended = event(subscription, "unsubscribed");
      subscription.subscribe();
      assert.equal((await ended).code, code);
    }
    const channel = fresh("positioned");
    await subscribed(made, channel);
    await assert.rejects(made.publish(channel, way.pack({})), { code: 108 });
    await assert.rejects(made.mapPublish(channel, "", way.pack({})), { code: 107 });
    await made.mapRemove(channel, "nothing");
  },
};

const all = {};
for (const way of [new Way("json"), new Way("protobuf")]) {
  for (const [name, body] of Object.entries(cases)) {
    all[`${way.name}: ${name}`] = () => body(way);
  }
}
await run(all, {
  after: () => {
    for (const client of open.splice(0)) client.disconnect();
  },
});
