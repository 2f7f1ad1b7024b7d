// npm socket.io-client, unmodified, over each of its ways. Needs a server with
// e2e/sdk/socketio.toml.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import msgpack from "socket.io-msgpack-parser";
import WebSocket from "ws";
import { faulty } from "./faulty.mjs";
import { run } from "./lines.mjs";

const url = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const open = [];
const proxies = [];

const ways = {
  polling: { transports: ["polling"] },
  WebSocket: { transports: ["websocket"] },
  upgrade: {},
  "WebSocket first": { transports: ["websocket", "polling"] },
  "MessagePack over polling": { transports: ["polling"], parser: msgpack },
  "MessagePack over WebSocket": { transports: ["websocket"], parser: msgpack },
  "MessagePack with upgrade": { parser: msgpack },
};

/** A client of a namespace, not yet connected. */
function client(namespace = "/", options = {}, base = url) {
  const socket = io(base + (namespace === "/" ? "" : namespace), { forceNew: true, ...options });
  open.push(socket);
  return socket;
}

const once = (socket, event) => new Promise((done) => socket.once(event, (...args) => done(args)));

async function connected(namespace, options, base) {
  const socket = client(namespace, options, base);
  await new Promise((done, fail) => {
    socket.once("connect", done);
    socket.once("connect_error", fail);
  });
  return socket;
}

async function proxy(fault) {
  const made = await faulty(url, fault);
  proxies.push(made);
  return made;
}

/** Until the condition holds. */
async function until(holds) {
  while (!holds()) await sleep(10);
}

const upgraded = (socket) => until(() => socket.io.engine.transport.name === "websocket");

const cases = {};

for (const [way, options] of Object.entries(ways)) {
  Object.assign(cases, {
    [`${way}: a message goes to everybody, the sender too, unchanged`]: async () => {
      const [one, two] = await Promise.all([connected("/", options), connected("/", options)]);
      const payload = ["text", 1.5, null, { deep: [{ a: true }], ö: "π" }];
      const both = Promise.all([once(one, "message"), once(two, "message")]);
      one.emit("message", ...payload);
      assert.deepEqual(await both, [payload, payload]);
    },
    [`${way}: an offer goes to the others only`]: async () => {
      const [one, two] = await Promise.all([connected("/", options), connected("/", options)]);
      const own = [];
      one.on("offer", () => own.push("offer"));
      const seen = once(two, "offer");
      one.emit("offer", { sdp: "v=0\r\n" });
      assert.deepEqual(await seen, [{ sdp: "v=0\r\n" }]);
      await one.emitWithAck("noted");
      assert.deepEqual(own, []);
    },
    [`${way}: events are acknowledged, with what the namespace says`]: async () => {
      const main = await connected("/", options);
      assert.deepEqual(await main.emitWithAck("noted", 1), { status: "ok" });
      const custom = await connected("/custom", options);
      assert.deepEqual(await custom.emitWithAck("noted", { a: [1] }), { a: [1] });
      const bytes = await custom.emitWithAck("noted", Buffer.from([1, 2, 3]));
      assert.deepEqual([...new Uint8Array(bytes)], [1, 2, 3]);
    },
    [`${way}: bytes arrive as bytes`]: async () => {
      const [one, two] = await Promise.all([connected("/", options), connected("/", options)]);
      const seen = once(two, "file");
      one.emit("file", { name: "a", data: Buffer.from([0, 255, 7]) }, Buffer.from("x".repeat(5000)));
      const [file, second] = await seen;
      assert.equal(file.name, "a");
      assert.deepEqual([...new Uint8Array(file.data)], [0, 255, 7]);
      assert.equal(Buffer.from(second).toString(), "x".repeat(5000));
    },
    [`${way}: 600 kB arrive in one piece`]: async () => {
      const one = await connected("/", options);
      const big = "z".repeat(600_000);
      const seen = once(one, "echoed");
      one.emit("echo", big);
      assert.equal((await seen)[0], big);
    },
    [`${way}: a burst keeps its order`]: async () => {
      const [one, two] = await Promise.all([connected("/", options), connected("/", options)]);
      const seen = [];
      two.on("count", (number) => seen.push(number));
      const all = Array.from({ length: 1000 }, (_, number) => number);
      for (const number of all) one.emit("count", number);
      await until(() => seen.length === all.length);
      assert.deepEqual(seen, all);
    },
    [`${way}: an unknown namespace and a missing token are refused`]: async () => {
      const unknown = await once(client("/random", options), "connect_error");
      assert.equal(unknown[0].message, "Invalid namespace");
      const [error] = await once(client("/members", options), "connect_error");
      assert.equal(error.message, "unauthorized");
      assert.equal(typeof error.data.code, "string");
    },
    [`${way}: two namespaces share one connection`]: async () => {
      const main = await connected("/", { ...options, forceNew: false, multiplex: true });
      const custom = main.io.socket("/custom");
      custom.connect();
      await once(custom, "connect");
      assert.notEqual(main.id, custom.id);
      assert.notEqual(main.id, main.io.engine.id);
      const seen = once(custom, "echoed");
      custom.emit("echo", 1);
      assert.deepEqual(await seen, [1]);
      custom.disconnect();
      assert.deepEqual(await main.emitWithAck("noted"), { status: "ok" });
    },
    [`${way}: heartbeats keep an idle client`]: async () => {
      const socket = await connected("/", options);
      let gone = false;
      socket.on("disconnect", () => (gone = true));
      await sleep(3_500);
      assert.equal(gone, false);
    },
  });
}

Object.assign(cases, {
  "a client that polls goes on over a WebSocket and loses nothing meanwhile": async () => {
    const [one, two] = await Promise.all([connected("/", ways.polling), connected("/")]);
    const seen = [];
    two.on("count", (number) => seen.push(number));
    for (let number = 0; number < 300; number += 1) {
      one.emit("count", number);
      await sleep(2);
    }
    await until(() => seen.length === 300);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    await upgraded(two);
  },
  "who joined a room hears it, and the others do not": async () => {
    const [one, two, three] = await Promise.all([connected(), connected(), connected()]);
    await one.emitWithAck("join", "red");
    const joined = once(one, "joined");
    await two.emitWithAck("join", { room: "red" });
    assert.deepEqual(await joined, [{ room: "red" }]);
    const own = [];
    three.on("candidate", () => own.push("candidate"));
    three.on("say", () => own.push("say"));
    const offered = once(two, "candidate");
    one.emit("candidate", 1);
    assert.deepEqual(await offered, [1]);
    const said = Promise.all([once(one, "say"), once(two, "say")]);
    one.emit("say", "hi");
    assert.deepEqual(await said, [["hi"], ["hi"]]);
    const left = once(two, "left");
    await one.emitWithAck("leave", "red");
    assert.deepEqual(await left, ["red"]);
    await three.emitWithAck("noted");
    assert.deepEqual(own, []);
  },
  "joining without a room's name is refused in the acknowledgement": async () => {
    const socket = await connected();
    const answer = await socket.emitWithAck("join");
    assert.equal(answer.status, "error");
    assert.equal(answer.code, "bad_request");
  },
  "MessagePack and the default speak with each other": async () => {
    const [one, two] = await Promise.all([connected("/", { parser: msgpack }), connected()]);
    const seen = once(two, "mixed");
    const when = new Date(0);
    one.emit("mixed", { data: Buffer.from([1, 2]), when, nothing: undefined }, -5);
    const [mixed, number] = await seen;
    assert.deepEqual([...new Uint8Array(mixed.data)], [1, 2]);
    assert.equal(mixed.when, when.toISOString());
    assert.equal("nothing" in mixed, false);
    assert.equal(number, -5);
    const back = once(one, "mixed");
    two.emit("mixed", { list: [Buffer.from([9])] });
    assert.deepEqual([...new Uint8Array((await back)[0].list[0])], [9]);
  },
  "a client that was cut off gets its rooms and what it missed": async () => {
    const between = await proxy("none");
    const away = await connected("/recovery", ways.WebSocket, between.url);
    const other = await connected("/recovery");
    assert.equal(away.recovered, false);
    await away.emitWithAck("join", "blue");
    const [first] = await Promise.all([once(away, "news"), other.emitWithAck("news", 0)]);
    assert.equal(first[0], 0);
    const { id } = away;
    const seen = [];
    away.on("news", (number) => seen.push(number));
    const gone = once(away, "disconnect");
    between.cut();
    await gone;
    await other.emitWithAck("join", "blue");
    const back = once(away, "connect");
    for (let number = 1; number <= 10; number += 1) other.emit("news", number);
    await other.emitWithAck("leave", "blue");
    await other.emitWithAck("join", "green");
    await other.emitWithAck("news", "not for blue");
    await back;
    assert.equal(away.recovered, true);
    assert.equal(away.id, id);
    await other.emitWithAck("join", "blue");
    other.emit("news", 11);
    await until(() => seen.includes(11));
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  },
  "a client in another network gets its socket back although the old one still stands": async () => {
    const between = await proxy("none");
    const away = await connected("/recovery", ways.WebSocket, between.url);
    const other = await connected("/recovery");
    await away.emitWithAck("join", "red");
    await Promise.all([once(away, "news"), other.emitWithAck("news", 0)]);
    const { id } = away;
    const seen = [];
    away.on("news", (number) => seen.push(number));
    const gone = once(away, "disconnect");
    between.roam();
    await gone;
    const back = once(away, "connect");
    await other.emitWithAck("join", "red");
    for (let number = 1; number <= 5; number += 1) other.emit("news", number);
    await back;
    assert.deepEqual([away.recovered, away.id], [true, id]);
    other.emit("news", 6);
    await until(() => seen.includes(6));
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
  },
  "what is worth something only now is not told to who comes back": async () => {
    const between = await proxy("none");
    const away = await connected("/recovery", ways.WebSocket, between.url);
    const other = await connected("/recovery");
    const heard = once(away, "pointer");
    await other.emitWithAck("pointer", 0);
    // It carries no offset: nobody asks for it again.
    assert.deepEqual(await heard, [0]);
    await Promise.all([once(away, "news"), other.emitWithAck("news", 0)]);
    const seen = [];
    away.onAny((event, number) => seen.push([event, number]));
    const gone = once(away, "disconnect");
    between.cut();
    await gone;
    const back = once(away, "connect");
    other.emit("pointer", 1);
    await other.emitWithAck("news", 1);
    await back;
    assert.equal(away.recovered, true);
    await until(() => seen.length > 0);
    assert.deepEqual(seen, [["news", 1]]);
  },
  "where nothing is kept a client begins anew": async () => {
    const between = await proxy("none");
    const away = await connected("/", ways.WebSocket, between.url);
    const { id } = away;
    const gone = once(away, "disconnect");
    between.cut();
    await gone;
    await once(away, "connect");
    assert.ok(!away.recovered);
    assert.notEqual(away.id, id);
  },
  "a text is a post of the room and comes to everybody, here and elsewhere": async () => {
    const [one, two] = await Promise.all([connected("/chat"), connected("/chat")]);
    const room = new WebSocket(`${url.replace("http", "ws")}/ws/chat`);
    room.on("error", () => {});
    const both = Promise.all([once(one, "message"), once(two, "message")]);
    const answer = await one.emitWithAck("message", "  hello, 世界 ");
    assert.equal(answer.status, "ok");
    assert.deepEqual(await both, [["  hello, 世界 "], ["  hello, 世界 "]]);
    const own = once(one, "message");
    one.send({ not: "a text" });
    assert.deepEqual(await own, [{ not: "a text" }]);
    room.terminate();
  },
  "a message by POST is answered and told with the list": async () => {
    const socket = await connected("/chat");
    const own = [];
    socket.on("message", (text) => own.push(text));
    for (const text of ["first", "second"]) {
      const told = once(socket, "messages");
      const answer = await fetch(`${url}/post`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: "http://localhost:3000" },
        body: JSON.stringify({ message: text }),
      });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("access-control-allow-origin"), "http://localhost:3000");
      assert.deepEqual(await answer.json(), { status: "success" });
      const [list] = await told;
      assert.ok(Array.isArray(list));
      assert.equal(list.at(-1), text);
    }
    await socket.emitWithAck("noted");
    assert.deepEqual(own, []);
  },
});

/** A client behind a proxy that does this to WebSockets speaks at once, and still does later. */
async function behind(fault) {
  const between = await proxy(fault);
  const start = Date.now();
  const socket = await connected("/", {}, between.url);
  const seen = once(socket, "echoed");
  socket.emit("echo", 1);
  assert.deepEqual(await seen, [1]);
  assert.ok(Date.now() - start < 3_000, `${fault}: at once`);
  assert.equal(socket.io.engine.transport.name, "polling");
  // Past the end of the upgrade it still speaks.
  await sleep(11_000);
  assert.deepEqual(await socket.emitWithAck("noted"), { status: "ok" });
}

cases["behind proxies that refuse, swallow or drop WebSockets clients speak at once, and go on"] =
  async () => {
    await Promise.all(["refuse", "swallow", "drop"].map(behind));
  };

await run(cases, {
  after: () => {
    for (const socket of open.splice(0)) socket.disconnect();
    for (const made of proxies.splice(0)) made.end();
  },
  patience: 25_000,
});
