// Plain WebSockets with npm `ws` and with the browser's own, and POST /chat, against the real binary
// with examples/tutorials.toml: the clients of the usual tutorials, unchanged.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import WebSocket from "ws";
import { launch, openPage } from "../support/browser.mjs";
import { PASSWORD } from "../support/place.mjs";
import { Rest } from "../support/rest.mjs";
import { Screen } from "../support/screen.mjs";
import { run } from "./lines.mjs";

const BASE = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const CHAT = "ws://localhost:8080/chat";
const HELLO = "ws://localhost:8080/";
const POST = "http://localhost:5000/chat";
const WELCOME = "Welcome to the WebSocket chat room!";
const PATIENCE_MS = 8_000;

const open = [];

/** A client of `ws` that keeps what came until somebody asks for it. */
class Client {
  static async at(url, options) {
    const client = new Client();
    client.came = [];
    client.waiting = [];
    client.socket = new WebSocket(url, options);
    open.push(client.socket);
    client.socket.on("message", (data, isBinary) => client.take({ text: String(data), isBinary }));
    client.closed = new Promise((done) => {
      client.socket.on("close", (code, reason) => done({ code, reason: String(reason) }));
    });
    client.socket.on("error", () => {});
    await new Promise((done, fail) => {
      client.socket.once("open", done);
      client.socket.once("error", fail);
    });
    return client;
  }

  /** A newcomer of the chat room, welcomed. */
  static async welcomed(url = CHAT) {
    const client = await Client.at(url);
    assert.deepEqual(await client.next(), { text: WELCOME, isBinary: false });
    return client;
  }

  take(message) {
    const waits = this.waiting.shift();
    if (waits) waits(message);
    else this.came.push(message);
  }

  next() {
    if (this.came.length > 0) return this.came.shift();
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error("nothing came")), PATIENCE_MS);
      this.waiting.push((message) => {
        clearTimeout(late);
        done(message);
      });
    });
  }

  async text() {
    const { text, isBinary } = await this.next();
    assert.equal(isBinary, false);
    return text;
  }
}

const post = (body, headers = {}) =>
  fetch(POST, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

/** The chat page of a tutorial, as it is. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>Chat</title>
<input id="text"><button id="send">Send</button><ul id="log"></ul>
<script>
  const socket = new WebSocket("${CHAT}");
  socket.onmessage = (event) => {
    const line = document.createElement("li");
    line.textContent = event.data;
    document.getElementById("log").append(line);
  };
  document.getElementById("send").onclick = () => {
    socket.send(document.getElementById("text").value);
  };
</script>`;

/** Serves the page from a port of its own, as a development server does. */
async function serve(html) {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    answer.end(html);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, url: `http://localhost:${server.address().port}/` };
}

const sees = (page, text) => page.locator("#log li", { hasText: text }).last().waitFor();

async function say(page, text) {
  await page.fill("#text", text);
  await page.click("#send");
}

const cases = {
  "a newcomer is welcomed by a text and nobody else hears of it": async () => {
    const ann = await Client.welcomed();
    const ben = await Client.welcomed();
    ben.socket.send("first");
    assert.equal(await ann.text(), "first");
  },

  "texts go to all others unchanged, in order, as texts, and not back": async () => {
    const [ann, ben, eve] = [await Client.welcomed(), await Client.welcomed(), await Client.welcomed()];
    const texts = [
      "hello",
      '{"user":"ann","text":"hi"}',
      "  two words  ",
      "大家好 👋",
      "a\nb\r\nc\t",
      "<b>bold</b>",
    ];
    for (let at = 0; at < 500; at += 1) texts.push(`number ${at}`);
    for (const text of texts) ann.socket.send(text);
    for (const text of texts) {
      assert.equal(await ben.text(), text);
      assert.equal(await eve.text(), text);
    }
    ben.socket.send("last");
    assert.equal(await ann.text(), "last");
  },

  "a room has no past unless it is asked for": async () => {
    const ann = await Client.welcomed();
    const ben = await Client.welcomed();
    ann.socket.send("of the past");
    await ben.text();
    const late = await Client.welcomed();
    ann.socket.send("of now");
    assert.equal(await late.text(), "of now");
    const reader = await Client.welcomed(`${CHAT}?history=2`);
    assert.deepEqual([await reader.text(), await reader.text()], ["of the past", "of now"]);
  },

  "who sends and closes at once has said it": async () => {
    const ann = await Client.welcomed();
    const brief = await Client.at(CHAT);
    brief.socket.send("I must go");
    brief.socket.close(1000);
    assert.equal(await ann.text(), "I must go");
    assert.equal((await brief.closed).code, 1000);
  },

  "the hello responder answers any text": async () => {
    const client = await Client.at(HELLO);
    client.socket.send("Hello, Server!");
    assert.deepEqual(await client.next(), { text: "Hello, Client!", isBinary: false });
    client.socket.send("something else");
    assert.equal(await client.text(), "Hello, Client!");
  },

  "pings are answered and fragments are put together": async () => {
    const ann = await Client.welcomed();
    const ben = await Client.welcomed();
    const pong = new Promise((done) => ann.socket.once("pong", (data) => done(String(data))));
    ann.socket.ping("are you there");
    assert.equal(await pong, "are you there");
    ann.socket.send("in ", { fin: false });
    ann.socket.send("three ", { fin: false });
    ann.socket.send("pieces", { fin: true });
    assert.equal(await ben.text(), "in three pieces");
  },

  "what is no text ends that connection and no other": async () => {
    const calm = await Client.welcomed();
    const binary = await Client.welcomed();
    binary.socket.send(Buffer.from([1, 2, 3]));
    assert.equal((await binary.closed).code, 1003);
    const huge = await Client.welcomed();
    huge.socket.send("x".repeat(200_000));
    assert.equal((await huge.closed).code, 1009);
    const long = await Client.welcomed();
    long.socket.send("x".repeat(20_000));
    assert.equal(await long.text(), "Not sent: too_long");
    const nowhere = await Client.at("ws://localhost:8080/ws/nowhere");
    assert.deepEqual(await nowhere.closed, { code: 1008, reason: "unauthenticated" });
    long.socket.send("all is well");
    assert.equal(await calm.text(), "all is well");
  },

  "POST /chat answers success, and the room hears it": async () => {
    const ann = await Client.welcomed();
    const answer = await post({ message: "by post" });
    assert.equal(answer.ok, true);
    assert.deepEqual(await answer.json(), { status: "success" });
    assert.equal(await ann.text(), "by post");
    const wrong = await post({});
    assert.equal(wrong.status, 400);
    assert.equal((await wrong.json()).code, "bad_request");
    const foreign = await post({ message: "x" }, { origin: "https://evil.example" });
    assert.equal(foreign.status, 403);
  },

  "two pages of a development server talk, and somebody in the web app answers": async () => {
    const { server, url } = await serve(PAGE);
    const browser = await launch();
    try {
      const [ann, ben] = [await openPage(browser), await openPage(browser)];
      for (const page of [ann, ben]) {
        await page.goto(url);
        await sees(page, WELCOME);
      }
      await say(ann, "is anybody there?");
      await sees(ben, "is anybody there?");
      await say(ben, "I am");
      await sees(ann, "I am");
      const rest = new Rest(BASE);
      await rest.setUp("Tutorials", "Mira Castell", PASSWORD);
      const { rooms } = await rest.ask("GET", "/rooms");
      const { id } = rooms.find((room) => room.name === "chat");
      await rest.ask("POST", `/rooms/${id}/join`, {});
      const mira = new Screen(await openPage(browser, { cookie: rest.cookie() }), BASE);
      await mira.openRoom(id);
      await mira.sees("is anybody there?");
      await mira.sees("I am");
      await mira.say("I read you both");
      await sees(ann, "I read you both");
      await sees(ben, "I read you both");
      await say(ann, "and we you");
      await mira.sees("and we you");
      const posted = await ann.evaluate(async (where) => {
        const answer = await fetch(where, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ message: "from a page" }),
        });
        return answer.json();
      }, POST);
      assert.deepEqual(posted, { status: "success" });
      await mira.sees("from a page");
      await sees(ben, "from a page");
    } finally {
      await browser.close();
      server.close();
    }
  },
};

await run(cases, {
  patience: 60_000,
  after: () => {
    for (const socket of open.splice(0)) socket.terminate();
  },
});
