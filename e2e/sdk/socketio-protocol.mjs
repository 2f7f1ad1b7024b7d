// Engine.IO 4 and Socket.IO 5 as they go over the wire, without a client library: what the
// protocol's own descriptions say, case by case. Needs a server with e2e/sdk/socketio.toml.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { run } from "./lines.mjs";

const url = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const path = `${url}/socket.io/?EIO=4`;
const socketPath = `${path.replace("http", "ws")}&transport=websocket`;
const polling = `${path}&transport=polling`;
const PING_INTERVAL = 1000;
const PING_TIMEOUT = 2000;
const PAGE = "http://localhost:3000";

/** A WebSocket whose messages wait until they are asked for. */
class Wire {
  static all = [];
  messages = [];
  waiting = [];
  closed = false;

  constructor(address = socketPath, options = {}) {
    this.socket = new WebSocket(address, options);
    this.socket.binaryType = "nodebuffer";
    Wire.all.push(this);
    this.opened = new Promise((done) => this.socket.once("open", done));
    // The status of an answer that is no handshake.
    this.refused = new Promise((done) =>
      this.socket.once("unexpected-response", (request, answer) => {
        done(answer.statusCode);
        request.destroy();
      }),
    );
    this.over = new Promise((done) => this.socket.once("close", done)).then(() => {
      this.closed = true;
      for (const { fail } of this.waiting.splice(0)) fail(new Error("closed"));
    });
    this.socket.on("error", () => {});
    this.socket.on("message", (data, binary) => {
      const message = binary ? data : data.toString();
      // Heartbeats are answered and not shown, unless a case wants them.
      if (message === "2" && this.beats !== true) return this.send("3");
      const next = this.waiting.shift();
      if (next) next.done(message);
      else this.messages.push(message);
    });
  }

  send(message) {
    this.socket.send(message);
  }

  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((done, fail) => this.waiting.push({ done, fail }));
  }
}

const get = (query, options) => fetch(query, options);
const poll = async (sid) => {
  const answer = await get(`${polling}&sid=${sid}`);
  return { status: answer.status, body: await answer.text() };
};
const post = async (sid, body) => {
  const answer = await get(`${polling}&sid=${sid}`, { method: "POST", body });
  return { status: answer.status, body: await answer.text() };
};
/** Opens a polling session. */
const open = async () => {
  const body = await (await get(polling)).text();
  return JSON.parse(body.slice(1)).sid;
};
/** What comes by polling but heartbeats, as packets. */
const packets = async (sid) => {
  for (;;) {
    const { status, body } = await poll(sid);
    assert.equal(status, 200);
    const all = body.split("\x1e");
    if (all.includes("2")) await post(sid, "3");
    const others = all.filter((packet) => packet !== "2");
    if (others.length > 0) return others;
  }
};
const speak = async (namespace = "") => {
  const wire = new Wire();
  await wire.next();
  wire.send(namespace === "" ? "40" : `40${namespace},`);
  await wire.next();
  return wire;
};
const upgraded = async () => {
  const sid = await open();
  const wire = new Wire(`${socketPath}&sid=${sid}`);
  await wire.opened;
  wire.send("2probe");
  assert.equal(await wire.next(), "3probe");
  wire.send("5");
  return { sid, wire };
};

const cases = {
  // Handshake.
  "a session opens by polling": async () => {
    const answer = await get(polling);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^text\/plain/);
    const body = await answer.text();
    assert.equal(body[0], "0");
    const opening = JSON.parse(body.slice(1));
    assert.deepEqual(Object.keys(opening).sort(), [
      "maxPayload",
      "pingInterval",
      "pingTimeout",
      "sid",
      "upgrades",
    ]);
    assert.equal(typeof opening.sid, "string");
    assert.deepEqual(opening.upgrades, ["websocket"]);
    assert.equal(opening.pingInterval, PING_INTERVAL);
    assert.equal(opening.pingTimeout, PING_TIMEOUT);
    assert.equal(opening.maxPayload, 1_000_000);
  },
  "a session opens without the slash at the end too": async () => {
    const answer = await get(polling.replace("/socket.io/", "/socket.io"));
    assert.equal(answer.status, 200);
    assert.equal((await answer.text())[0], "0");
  },
  "another version by polling is refused with code 5": async () => {
    for (const version of ["", "EIO=abc&", "EIO=3&"]) {
      const answer = await get(`${url}/socket.io/?${version}transport=polling`);
      assert.equal(answer.status, 400);
      assert.deepEqual(await answer.json(), { code: 5, message: "Unsupported protocol version" });
    }
  },
  "an unknown transport by polling is refused with code 0": async () => {
    for (const query of [path, `${path}&transport=abc`, `${path}&transport=constructor`]) {
      const answer = await get(query);
      assert.equal(answer.status, 400);
      assert.deepEqual(await answer.json(), { code: 0, message: "Transport unknown" });
    }
  },
  "a session opens by GET only": async () => {
    for (const method of ["POST", "PUT"]) {
      const answer = await get(polling, { method });
      assert.equal(answer.status, 400);
      assert.deepEqual(await answer.json(), { code: 2, message: "Bad handshake method" });
    }
  },
  "an unknown session is refused with code 1": async () => {
    for (const sid of ["abc", "A".repeat(46)]) {
      const answer = await get(`${polling}&sid=${sid}`);
      assert.equal(answer.status, 400);
      assert.deepEqual(await answer.json(), { code: 1, message: "Session ID unknown" });
    }
  },
  "a session opens by WebSocket": async () => {
    const wire = new Wire();
    const message = await wire.next();
    assert.equal(message[0], "0");
    const opening = JSON.parse(message.slice(1));
    assert.deepEqual(opening.upgrades, []);
    assert.equal(opening.pingInterval, PING_INTERVAL);
    assert.equal(opening.maxPayload, 1_000_000);
  },
  "another version by WebSocket is refused": async () => {
    for (const version of ["", "EIO=abc&"]) {
      const wire = new Wire(`${url.replace("http", "ws")}/socket.io/?${version}transport=websocket`);
      assert.equal(await wire.refused, 400);
    }
  },
  "an unknown transport by WebSocket is refused": async () => {
    for (const transport of ["", "&transport=abc"]) {
      assert.equal(await new Wire(`${path.replace("http", "ws")}${transport}`).refused, 400);
    }
  },

  // Messages.
  "a payload with one packet goes both ways": async () => {
    const sid = await open();
    assert.deepEqual(await post(sid, "40"), { status: 200, body: "ok" });
    const [connected] = await packets(sid);
    assert.match(connected, /^40\{"sid":"[\w-]{20}"\}$/);
    assert.notEqual(JSON.parse(connected.slice(2)).sid, sid);
    assert.deepEqual(await post(sid, '42["echo","hello"]'), { status: 200, body: "ok" });
    assert.deepEqual(await packets(sid), ['42["echoed","hello"]']);
  },
  "a payload with several packets goes both ways": async () => {
    const sid = await open();
    await post(sid, "40");
    await packets(sid);
    const all = [1, 2, 3].map((number) => `42["echo","test${number}"]`);
    assert.equal((await post(sid, all.join("\x1e"))).status, 200);
    const seen = [];
    while (seen.length < 3) seen.push(...(await packets(sid)));
    assert.deepEqual(
      seen,
      all.map((packet) => packet.replace("echo", "echoed")),
    );
  },
  "a payload with text and bytes goes both ways": async () => {
    const sid = await open();
    await post(sid, "40");
    await packets(sid);
    const event = '451-["echo",{"_placeholder":true,"num":0}]';
    assert.equal((await post(sid, `${event}\x1ebAQIDBA==`)).status, 200);
    assert.deepEqual(await packets(sid), [event.replace("echo", "echoed"), "bAQIDBA=="]);
  },
  "a malformed payload ends the session": async () => {
    const sid = await open();
    assert.equal((await post(sid, "abc")).status, 400);
    assert.equal((await poll(sid)).status, 400);
  },
  "more packets than a payload may hold end the session": async () => {
    const sid = await open();
    await post(sid, "40");
    await packets(sid);
    assert.equal((await post(sid, Array(5000).fill('42["x"]').join("\x1e"))).status, 400);
    assert.equal((await poll(sid)).status, 400);
  },
  "a body above maxPayload is refused and ends the session": async () => {
    const sid = await open();
    assert.equal((await post(sid, `4${"x".repeat(1_000_000)}`)).status, 413);
    assert.equal((await poll(sid)).status, 400);
  },
  "two polls at once end the session": async () => {
    const sid = await open();
    const [first, second] = await Promise.all([poll(sid), sleep(50).then(() => poll(sid))]);
    assert.deepEqual(first, { status: 200, body: "1" });
    assert.equal(second.status, 400);
    assert.equal((await poll(sid)).status, 400);
  },
  "a poll that is given up ends the session": async () => {
    const sid = await open();
    const abort = new AbortController();
    const first = get(`${polling}&sid=${sid}`, { signal: abort.signal }).catch(() => {});
    await sleep(100);
    abort.abort();
    await first;
    await sleep(200);
    assert.equal((await poll(sid)).status, 400);
  },
  "a text goes both ways over a WebSocket": async () => {
    const wire = await speak();
    wire.send('42["echo","hello"]');
    assert.equal(await wire.next(), '42["echoed","hello"]');
  },
  "bytes go both ways over a WebSocket": async () => {
    const wire = await speak();
    wire.send('451-["echo",{"_placeholder":true,"num":0}]');
    wire.send(Buffer.from([1, 2, 3, 4]));
    assert.equal(await wire.next(), '451-["echoed",{"_placeholder":true,"num":0}]');
    assert.deepEqual([...(await wire.next())], [1, 2, 3, 4]);
  },
  "a malformed packet over a WebSocket ends the session": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("abc");
    await wire.over;
  },
  "a message above maxPayload over a WebSocket ends the session": async () => {
    const wire = await speak();
    wire.send(`42["echo","${"x".repeat(900_000)}"]`);
    assert.equal((await wire.next()).length, 900_000 + '42["echoed",""]'.length);
    wire.send(`4${"x".repeat(1_000_000)}`);
    await wire.over;
  },

  // Heartbeat.
  "pings come by polling and pongs keep the session": async () => {
    const sid = await open();
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await poll(sid), { status: 200, body: "2" });
      assert.deepEqual(await post(sid, "3"), { status: 200, body: "ok" });
    }
  },
  "without pongs a polling session ends": async () => {
    const sid = await open();
    await sleep(PING_INTERVAL + PING_TIMEOUT + 500);
    assert.equal((await poll(sid)).status, 400);
  },
  "pings come over a WebSocket and pongs keep the session": async () => {
    const wire = new Wire();
    wire.beats = true;
    await wire.next();
    for (let round = 0; round < 3; round += 1) {
      assert.equal(await wire.next(), "2");
      wire.send("3");
    }
  },
  "without pongs a WebSocket session ends": async () => {
    const wire = new Wire();
    wire.beats = true;
    await wire.next();
    await wire.over;
  },
  "a ping of a client ends the session": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("2");
    await wire.over;
  },

  // Close.
  "a close by polling ends the session and the poll that waits": async () => {
    const sid = await open();
    const [polled] = await Promise.all([poll(sid), sleep(100).then(() => post(sid, "1"))]);
    assert.deepEqual(polled, { status: 200, body: "1" });
    assert.equal((await poll(sid)).status, 400);
  },
  "a close over a WebSocket ends the session": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("1");
    await wire.over;
  },

  // Upgrade.
  "a polling session goes on over a WebSocket": async () => {
    const sid = await open();
    const wire = new Wire(`${socketPath}&sid=${sid}`);
    await wire.opened;
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    assert.deepEqual(await poll(sid), { status: 200, body: "6" });
    wire.send("5");
    wire.send("40");
    assert.match(await wire.next(), /^40/);
  },
  "a poll that waits is let go of by the probe": async () => {
    const sid = await open();
    const waiting = poll(sid);
    await sleep(100);
    const wire = new Wire(`${socketPath}&sid=${sid}`);
    await wire.opened;
    wire.send("2probe");
    assert.deepEqual(await waiting, { status: 200, body: "6" });
  },
  "what was not polled yet comes over the WebSocket, in order": async () => {
    const sid = await open();
    await post(sid, "40");
    await packets(sid);
    const wire = new Wire(`${socketPath}&sid=${sid}`);
    await wire.opened;
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    for (const number of [1, 2, 3]) await post(sid, `42["echo",${number}]`);
    wire.send("5");
    wire.send('42["echo",4]');
    for (const number of [1, 2, 3, 4]) assert.equal(await wire.next(), `42["echoed",${number}]`);
  },
  "after the upgrade there is nothing to poll": async () => {
    const { sid, wire } = await upgraded();
    wire.send("40");
    assert.match(await wire.next(), /^40/);
    assert.equal((await poll(sid)).status, 400);
    wire.send('42["echo","hello"]');
    assert.equal(await wire.next(), '42["echoed","hello"]');
  },
  "after the upgrade another WebSocket is turned away": async () => {
    const { sid, wire } = await upgraded();
    await new Wire(`${socketPath}&sid=${sid}`).over;
    wire.send("40");
    assert.match(await wire.next(), /^40/);
  },
  "a WebSocket without a probe leaves the session polling": async () => {
    const sid = await open();
    const wire = new Wire(`${socketPath}&sid=${sid}`);
    await wire.opened;
    await post(sid, "40");
    assert.match((await packets(sid))[0], /^40/);
    wire.socket.terminate();
    await post(sid, '42["echo",1]');
    assert.deepEqual(await packets(sid), ['42["echoed",1]']);
    // And another one may try.
    const next = new Wire(`${socketPath}&sid=${sid}`);
    await next.opened;
    next.send("2probe");
    assert.equal(await next.next(), "3probe");
  },
  "a wrong probe closes the WebSocket and nothing else": async () => {
    const sid = await open();
    const wire = new Wire(`${socketPath}&sid=${sid}`);
    await wire.opened;
    wire.send("4hello");
    await wire.over;
    await post(sid, "40");
    assert.match((await packets(sid))[0], /^40/);
  },

  // Pages of other hosts.
  "a page that may connect reads answers and errors": async () => {
    for (const query of [polling, path]) {
      const answer = await get(query, { headers: { origin: PAGE } });
      assert.equal(answer.headers.get("access-control-allow-origin"), PAGE);
      assert.equal(answer.headers.get("access-control-allow-credentials"), "true");
      await answer.text();
    }
  },
  "a browser that asks first is told what it may": async () => {
    const headers = {
      origin: PAGE,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,x-custom",
    };
    const answer = await get(polling, { method: "OPTIONS", headers });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), PAGE);
    assert.match(answer.headers.get("access-control-allow-methods"), /POST/);
    assert.equal(answer.headers.get("access-control-allow-headers"), "content-type,x-custom");
  },
  "a page of any other host gets nothing": async () => {
    const headers = { origin: "https://evil.example" };
    const answer = await get(polling, { headers });
    assert.equal(answer.status, 403);
    assert.deepEqual(await answer.json(), { code: 4, message: "Forbidden" });
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
    assert.equal(await new Wire(socketPath, { headers }).refused, 403);
  },

  // Socket.IO: connect.
  "a client connects to the main namespace": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("40");
    const answer = await wire.next();
    assert.match(answer, /^40\{/);
    assert.deepEqual(Object.keys(JSON.parse(answer.slice(2))), ["sid"]);
  },
  "a client connects with what it shows for it": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send('40{"name":"x"}');
    assert.match(await wire.next(), /^40\{"sid":/);
  },
  "a client connects to a custom namespace": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("40/custom,");
    assert.match(await wire.next(), /^40\/custom,\{"sid":/);
  },
  "a client connects to a custom namespace with what it shows for it": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send('40/custom,{"name":"x"}');
    assert.match(await wire.next(), /^40\/custom,\{"sid":/);
  },
  "an unknown namespace is refused": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("40/random");
    assert.equal(await wire.next(), '44/random,{"message":"Invalid namespace"}');
  },
  "a namespace for people with a token refuses the others, with data": async () => {
    for (const shown of ["", '{"token":"forged"}']) {
      const wire = new Wire();
      await wire.next();
      wire.send(`40/members,${shown}`);
      const answer = await wire.next();
      assert.match(answer, /^44\/members,\{/);
      const error = JSON.parse(answer.slice("44/members,".length));
      assert.equal(error.message, "unauthorized");
      assert.equal(typeof error.data.code, "string");
    }
  },
  "a namespace of certain pages refuses those of others": async () => {
    const wire = new Wire(socketPath, { headers: { origin: PAGE } });
    await wire.next();
    wire.send("40/pages,");
    assert.match(await wire.next(), /^44\/pages,\{"message":"forbidden"/);
    const program = new Wire();
    await program.next();
    program.send("40/pages,");
    assert.match(await program.next(), /^40\/pages,/);
  },
  "what is no connect comes too early": async () => {
    for (const message of ["4abc", '42["echo"]', "41", "4"]) {
      const wire = new Wire();
      await wire.next();
      wire.send(message);
      await wire.over;
    }
  },
  "a second connect to the same namespace changes nothing": async () => {
    const wire = await speak();
    wire.send("40");
    wire.send('42["echo",1]');
    assert.equal(await wire.next(), '42["echoed",1]');
  },

  // Disconnect.
  "a client leaves the main namespace and keeps its session": async () => {
    const wire = await speak();
    wire.beats = true;
    wire.send("41");
    assert.equal(await wire.next(), "2");
    wire.send("3");
    wire.beats = false;
    wire.send("40");
    assert.match(await wire.next(), /^40/);
  },
  "a client leaves one namespace and goes on in another": async () => {
    const wire = await speak();
    wire.send("40/custom");
    assert.match(await wire.next(), /^40\/custom/);
    wire.send("41/custom");
    wire.send('42/custom,["echo","too late"]');
    wire.send('42["echo","main"]');
    assert.equal(await wire.next(), '42["echoed","main"]');
  },
  "each namespace has a public id of its own": async () => {
    const wire = new Wire();
    await wire.next();
    wire.send("40");
    const main = JSON.parse((await wire.next()).slice(2)).sid;
    wire.send("40/custom");
    const custom = JSON.parse((await wire.next()).slice("40/custom,".length)).sid;
    assert.notEqual(main, custom);
  },

  // Events.
  "arguments come back as they were sent": async () => {
    const wire = await speak();
    wire.send('42["echo",1,"2",{"3":[true,null,1.50]}]');
    assert.equal(await wire.next(), '42["echoed",1,"2",{"3":[true,null,1.50]}]');
  },
  "several attachments come back in order": async () => {
    const wire = await speak("/custom");
    const event = '452-/custom,["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
    wire.send(event);
    wire.send(Buffer.from([1, 2, 3]));
    wire.send(Buffer.from([4, 5, 6]));
    assert.equal(await wire.next(), event.replace("echo", "echoed"));
    assert.deepEqual([...(await wire.next())], [1, 2, 3]);
    assert.deepEqual([...(await wire.next())], [4, 5, 6]);
  },
  "an event is acknowledged by its number": async () => {
    const wire = await speak();
    wire.send('42456["noted",1]');
    assert.equal(await wire.next(), '43456[{"status":"ok"}]');
  },
  "an acknowledgement may hold the arguments": async () => {
    const wire = await speak("/custom");
    wire.send('42/custom,456["noted",1,"2",{"3":[false]}]');
    assert.equal(await wire.next(), '43/custom,456[1,"2",{"3":[false]}]');
  },
  "an acknowledgement may hold bytes": async () => {
    const wire = await speak("/custom");
    wire.send('452-/custom,789["noted",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    wire.send(Buffer.from([1]));
    wire.send(Buffer.from([2]));
    assert.equal(
      await wire.next(),
      '462-/custom,789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
    );
    assert.deepEqual([...(await wire.next())], [1]);
    assert.deepEqual([...(await wire.next())], [2]);
  },
  "packets of the wrong shape end the session": async () => {
    const wrong = [
      "42{}",
      "42[]",
      "42[null]",
      '42["connect"]',
      '42["a"',
      "44{}",
      "49",
      '451-["a",{"_placeholder":true,"num":3}]',
      '4565-["a"]',
      `42["a",${"[".repeat(100)}${"]".repeat(100)}]`,
    ];
    for (const packet of wrong) {
      const wire = await speak();
      wire.send(packet);
      if (packet.startsWith("451-")) wire.send(Buffer.from([1]));
      await wire.over;
    }
  },
  "text where an attachment belongs ends the session": async () => {
    const wire = await speak();
    wire.send('451-["echo",{"_placeholder":true,"num":0}]');
    wire.send('42["echo","hello"]');
    await wire.over;
  },
  "bytes where no attachment belongs end the session": async () => {
    const wire = await speak();
    wire.send(Buffer.from([1, 2]));
    await wire.over;
  },
};

await run(cases, {
  after: () => {
    for (const wire of Wire.all.splice(0)) wire.socket.terminate();
  },
});
