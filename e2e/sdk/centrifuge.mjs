// Drives the hub alone, without the product around it, with the official JavaScript SDK, its JSON and
// its protobuf build: what only an application in memory can be made to do, such as a silent event.
//
// Needs a server that knows the tokens and channels of crates/server/tests/it/centrifugo:
//   node --experimental-websocket e2e/sdk/centrifuge.mjs [path of the hub example]
// starts one and runs every scenario in both encodings.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { Centrifuge as JsonClient } from "centrifuge";
import { Centrifuge as ProtobufClient } from "centrifuge/build/protobuf";
import { run } from "./lines.mjs";

const EXAMPLE = resolve(process.argv[2] ?? `${import.meta.dirname}/../../target/debug/examples/hub`);

const server = spawn(EXAMPLE, ["127.0.0.1:0", "2"], { stdio: ["pipe", "pipe", "inherit"] });
const [line] = await once(createInterface(server.stdout), "line");
const url = `ws://${line.split(" ").at(-1)}/connection/websocket`;
const tell = (command) => server.stdin.write(`${command}\n`);

/** How the protobuf build wants payloads, and how both give them. */
const encode = (encoding, value) =>
  encoding === "json" ? value : new TextEncoder().encode(JSON.stringify(value));
const decode = (encoding, value) =>
  encoding === "json" ? value : JSON.parse(new TextDecoder().decode(value));

const open = [];

function client(encoding, token, options = {}) {
  const Client = encoding === "json" ? JsonClient : ProtobufClient;
  const made = new Client(url, { token, minReconnectDelay: 20, ...options });
  open.push(made);
  return made;
}

/** The next event of this name, within five seconds. */
function event(emitter, name) {
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no ${name} in time`)), 5_000);
    emitter.once(name, (context) => {
      clearTimeout(late);
      done(context);
    });
  });
}

/** The offsets of the next publications, so many of them. */
function offsets(subscription, count) {
  const seen = [];
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`only ${seen} in time`)), 5_000);
    subscription.on("publication", (context) => {
      seen.push(context.offset);
      if (seen.length === count) {
        clearTimeout(late);
        done(seen);
      }
    });
  });
}

async function connected(encoding, token, options) {
  const made = client(encoding, token, options);
  const context = event(made, "connected");
  made.connect();
  await context;
  return made;
}

async function subscribed(on, channel, options) {
  const made = on.newSubscription(channel, options);
  const context = event(made, "subscribed");
  made.subscribe();
  return [made, await context];
}

let room = 0;
const freshRoom = () => `room:sdk${++room}`;

const scenarios = {
  async "connects, calls a method and is told of errors"(encoding) {
    const made = await connected(encoding, "user:1");
    const result = await made.rpc("echo", encode(encoding, { a: [1, "ä\n"] }));
    assert.deepEqual(decode(encoding, result.data), { a: [1, "ä\n"] });
    await assert.rejects(made.rpc("fly", encode(encoding, {})), { code: 104 });
    await made.ready();
    await made.send(encode(encoding, { note: true }));
  },

  async "is sent away with a forged token"(encoding) {
    const made = client(encoding, "nonsense");
    const context = event(made, "disconnected");
    made.connect();
    assert.equal((await context).code, 3500);
  },

  async "fetches another token when the first is over"(encoding) {
    const made = client(encoding, "expired", { getToken: async () => "user:6" });
    const context = event(made, "connected");
    made.connect();
    await context;
  },

  async "hears posts with offsets and recovers what it missed"(encoding) {
    const channel = freshRoom();
    const made = await connected(encoding, "user:2");
    const [subscription, stood] = await subscribed(made, channel);
    assert.equal(stood.recoverable, true);
    const first = event(subscription, "publication");
    tell(`post ${channel} {"n":1}`);
    const publication = await first;
    assert.equal(publication.offset, 1);
    assert.deepEqual(decode(encoding, publication.data), { n: 1 });

    made.disconnect();
    const missed = offsets(subscription, 3);
    for (const n of [2, 3, 4]) tell(`post ${channel} {"n":${n}}`);
    const back = event(subscription, "subscribed");
    made.connect();
    const context = await back;
    assert.deepEqual([context.wasRecovering, context.recovered], [true, true]);
    assert.deepEqual(await missed, [2, 3, 4]);
  },

  async "recovers by itself from a gap in the stream"(encoding) {
    const channel = freshRoom();
    const made = await connected(encoding, "user:3");
    const [subscription] = await subscribed(made, channel);
    const three = offsets(subscription, 3);
    tell(`post ${channel} 1`);
    tell(`silent ${channel} 2`);
    tell(`post ${channel} 3`);
    assert.deepEqual(await three, [1, 2, 3]);
  },

  async "comes back after being sent away and recovers"(encoding) {
    const channel = freshRoom();
    const made = await connected(encoding, "user:44");
    const [subscription] = await subscribed(made, channel);
    const publication = event(subscription, "publication");
    tell("kick 44");
    tell(`post ${channel} {"n":1}`);
    assert.equal((await publication).offset, 1);
  },

  async "publishes, and others see who it was"(encoding) {
    const one = await connected(encoding, "user:1");
    const two = await connected(encoding, "user:2");
    const [subscription] = await subscribed(two, "typing:sdk");
    const publication = event(subscription, "publication");
    await one.publish("typing:sdk", encode(encoding, { on: true }));
    const context = await publication;
    assert.deepEqual(decode(encoding, context.data), { on: true });
    assert.match(context.info.user, /^u[0-9a-z]{11}$/);
  },

  async "sees who is there, who comes and who goes"(encoding) {
    const channel = `lobby:sdk-${encoding}`;
    const one = await connected(encoding, "user:1");
    const two = await connected(encoding, "user:2");
    const [watcher] = await subscribed(one, channel, { joinLeave: true });
    await event(watcher, "join");
    const join = event(watcher, "join");
    const [visitor] = await subscribed(two, channel);
    assert.match((await join).info.user, /^u/);
    const { numClients, numUsers } = await watcher.presenceStats();
    assert.deepEqual([numClients, numUsers], [2, 2]);
    assert.equal(Object.keys((await watcher.presence()).clients).length, 2);
    const leave = event(watcher, "leave");
    visitor.unsubscribe();
    assert.match((await leave).info.user, /^u/);
  },

  async "reads history in pages"(encoding) {
    const channel = freshRoom();
    const made = await connected(encoding, "user:1");
    const [subscription] = await subscribed(made, channel);
    const heard = offsets(subscription, 3);
    for (const n of [1, 2, 3]) tell(`post ${channel} ${n}`);
    // The server reads its orders in its own time: what was heard stands in the history.
    await heard;
    const page = await subscription.history({ limit: 2 });
    assert.deepEqual([page.offset, page.publications.map((it) => it.offset)], [3, [1, 2]]);
    const since = { offset: 3, epoch: page.epoch };
    const back = await subscription.history({ limit: 9, since, reverse: true });
    assert.deepEqual(
      back.publications.map((it) => it.offset),
      [2, 1],
    );
  },

  async "is refused where it may not listen"(encoding) {
    const made = await connected(encoding, "user:1");
    const subscription = made.newSubscription("secret:1");
    const context = event(subscription, "unsubscribed");
    subscription.subscribe();
    assert.equal((await context).code, 103);
  },
};

const all = {};
for (const encoding of ["json", "protobuf"]) {
  for (const [name, body] of Object.entries(scenarios)) all[`${encoding}: ${name}`] = () => body(encoding);
}
// The hub ends with its standard input, which ends with this process.
await run(all, {
  after() {
    for (const made of open.splice(0)) made.disconnect();
  },
});
