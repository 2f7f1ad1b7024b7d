// The operator's own backend, asked by the server about clients of the official JavaScript SDK. This
// script is both: the backend at 127.0.0.1:3900, and the clients.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Centrifuge as JsonClient } from "centrifuge";
import { Centrifuge as ProtobufClient } from "centrifuge/build/protobuf";
import WebSocket from "ws";
import { run } from "./lines.mjs";

const BASE = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const ENDPOINT = `${BASE.replace("http", "ws")}/connection/websocket`;

/** What was asked, and what is answered: by the kind of the question. */
const asked = [];
let answers = {};

createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const kind = request.url.slice(1);
  const question = JSON.parse(body);
  asked.push({ kind, question, headers: request.headers });
  const answer = answers[kind]?.(question);
  if (answer === undefined) response.statusCode = 500;
  response.end(JSON.stringify(answer ?? {}));
}).listen(3900, "127.0.0.1");

const inSeconds = (seconds) => Math.floor(Date.now() / 1_000) + seconds;
const open = [];

async function until(what, holds) {
  const start = Date.now();
  while (!holds()) {
    if (Date.now() - start > 8_000) throw new Error(`not ${what} in time`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

const questions = (kind) => asked.filter((it) => it.kind === kind);

function event(emitter, name) {
  const promise = new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no ${name} in time`)), 8_000);
    emitter.once(name, (context) => {
      clearTimeout(late);
      done(context);
    });
  });
  promise.catch(() => {});
  return promise;
}

const clients = { json: JsonClient, protobuf: ProtobufClient };

async function connected(encoding, user, expireAt = 0) {
  answers.connect = () => ({ result: { user, expire_at: expireAt } });
  const headers = { "x-tenant": "blue", "x-other": "no" };
  const made = new clients[encoding](ENDPOINT, { websocket: WebSocket, headers, minReconnectDelay: 20 });
  open.push(made);
  const context = event(made, "connected");
  made.connect();
  await context;
  return made;
}

const pack = (encoding, value) =>
  encoding === "json" ? value : new TextEncoder().encode(JSON.stringify(value));

const cases = {
  async "keeps a connection that the backend renews"(encoding) {
    const made = await connected(encoding, "ann", inSeconds(1));
    let left = 0;
    made.on("connecting", () => (left += 1));
    answers.refresh = () => ({ result: { expire_at: inSeconds(1) } });
    await until("asked", () => questions("refresh").length >= 2);
    const { question, headers } = questions("refresh")[0];
    assert.deepEqual([question.user, headers["x-plaza-secret"]], ["ann", "hush"]);
    assert.deepEqual([left, made.state], [0, "connected"]);
    const [{ headers: shown }] = questions("connect");
    assert.deepEqual([shown["x-tenant"], shown["x-other"]], ["blue", undefined]);
  },

  async "lets a connection go that the backend does not renew, and it comes back"(encoding) {
    const made = await connected(encoding, "ann", inSeconds(1));
    answers.refresh = () => ({ result: { expired: true } });
    answers.connect = () => ({ result: { user: "ann" } });
    const [gone, back] = [event(made, "connecting"), event(made, "connected")];
    assert.equal((await gone).code, 3005);
    await back;
  },

  async "keeps everybody while the backend is down"(encoding) {
    const made = await connected(encoding, "ann", inSeconds(1));
    await until("asked", () => questions("refresh").length >= 1);
    await new Promise((done) => setTimeout(done, 300));
    assert.equal(made.state, "connected");
  },

  async "keeps a subscription that the backend renews and lets it go when it does not"(encoding) {
    const made = await connected(encoding, "ann");
    const channel = `asked:${randomUUID().slice(0, 8)}`;
    const seat = { seat: 2 };
    let turn = 0;
    answers.subscribe = () => ({ result: { expire_at: turn === 0 ? inSeconds(1) : 0 } });
    answers.sub_refresh = () => {
      turn += 1;
      return { result: turn === 1 ? { expire_at: inSeconds(1), info: seat } : { expired: true } };
    };
    const subscription = made.newSubscription(channel, { minResubscribeDelay: 20 });
    const stood = event(subscription, "subscribed");
    subscription.subscribe();
    await stood;
    await until("renewed", () => turn === 1);
    const [gone, back] = [event(subscription, "subscribing"), event(subscription, "subscribed")];
    assert.equal((await gone).code, 2501);
    await back;
    const { question } = questions("sub_refresh")[0];
    assert.deepEqual([question.user, question.channel], ["ann", channel]);
    assert.equal(questions("subscribe").length, 2);
  },

  async "decides which keys of a map are set and removed"(encoding) {
    const made = await connected(encoding, "ann");
    const subscription = made.newMapSubscription(`board:${randomUUID().slice(0, 8)}`);
    const stood = event(subscription, "subscribed");
    subscription.subscribe();
    await stood;
    answers.map_publish = ({ key, user }) =>
      key === "forbidden" ? { error: { code: 1001, message: "no" } } : { result: { key: `${user}/${key}` } };
    answers.map_remove = ({ key, user }) => ({ result: { key: `${user}/${key}` } });
    const seen = [];
    subscription.on("update", ({ key, removed }) => seen.push([key, removed === true]));
    await subscription.publish("a", pack(encoding, { n: 1 }));
    await assert.rejects(subscription.publish("forbidden", pack(encoding, {})), { code: 1001 });
    await subscription.remove("a");
    await until("both", () => seen.length === 2);
    assert.deepEqual(seen, [
      ["ann/a", false],
      ["ann/a", true],
    ]);
  },
};

const all = {};
for (const encoding of Object.keys(clients)) {
  for (const [name, body] of Object.entries(cases)) {
    all[`${encoding}: ${name}`] = () => body(encoding);
  }
}
await run(all, {
  after: () => {
    for (const client of open.splice(0)) client.disconnect();
    asked.length = 0;
    answers = {};
  },
});
