// The pages of the usual Socket.IO tutorials, unchanged, in Chromium against the real binary with
// examples/tutorials.toml: a React chat with POST /chat, and a WebRTC call.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { io } from "socket.io-client";
import { openPage } from "../support/browser.mjs";
import { until } from "../support/until.mjs";
import { run, Skip } from "./lines.mjs";

const SERVER = "http://localhost:5000";
/** A call between two pages of one machine without any network. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--allow-loopback-in-peer-connection",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

const bundle = join(import.meta.dirname, "../node_modules/socket.io-client/dist/socket.io.min.js");

/** What the React tutorial's component does, without the build step. */
const CHAT = `<!doctype html><meta charset="utf-8"><title>Chat</title>
<input id="text"><button id="emit">Emit</button><button id="post">Post</button>
<ul id="single"></ul><ul id="list"></ul>
<script src="/socket.io.min.js"></script>
<script>
  const socket = io("${SERVER}");
  const line = (list, text) => {
    const item = document.createElement("li");
    item.textContent = text;
    document.getElementById(list).append(item);
  };
  socket.on("connect", () => document.body.classList.add("connected"));
  socket.on("message", (message) => line("single", message));
  socket.on("messages", (messages) => {
    document.getElementById("list").replaceChildren();
    for (const message of messages) line("list", message);
  });
  const text = () => document.getElementById("text").value;
  document.getElementById("emit").onclick = () => socket.emit("message", text());
  document.getElementById("post").onclick = async () => {
    const answer = await fetch("${SERVER}/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ message: text() }),
    });
    document.body.dataset.status = (await answer.json()).status;
  };
</script>`;

/** What the WebRTC tutorial's page does, with a canvas in place of a camera. */
const CALL = `<!doctype html><meta charset="utf-8"><title>Call</title>
<canvas id="camera" width="64" height="48"></canvas><video id="remote" autoplay muted playsinline></video>
<button id="call">Call</button>
<script src="/socket.io.min.js"></script>
<script>
  const socket = io("${SERVER}");
  const peer = new RTCPeerConnection();
  const canvas = document.getElementById("camera");
  const paint = canvas.getContext("2d");
  setInterval(() => {
    paint.fillStyle = "hsl(" + (Date.now() / 10) % 360 + " 80% 50%)";
    paint.fillRect(0, 0, 64, 48);
  }, 50);
  const stream = canvas.captureStream(20);
  for (const track of stream.getTracks()) peer.addTrack(track, stream);
  socket.on("connect", () => document.body.classList.add("connected"));
  peer.onicecandidate = ({ candidate }) => {
    if (candidate) socket.emit("candidate", candidate);
  };
  peer.ontrack = ({ streams }) => {
    document.getElementById("remote").srcObject = streams[0];
  };
  socket.on("offer", async (offer) => {
    await peer.setRemoteDescription(offer);
    const answer = await peer.createAnswer();
    await peer.setLocalDescription(answer);
    socket.emit("answer", answer);
  });
  socket.on("answer", (answer) => peer.setRemoteDescription(answer));
  socket.on("candidate", (candidate) => peer.addIceCandidate(candidate));
  document.getElementById("call").onclick = async () => {
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    socket.emit("offer", offer);
  };
</script>`;

/** A development server at a port of its own. */
async function serve(html) {
  const script = await readFile(bundle);
  const server = createServer((request, answer) => {
    const isScript = request.url === "/socket.io.min.js";
    answer.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html; charset=utf-8" });
    answer.end(isScript ? script : html);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, url: `http://localhost:${server.address().port}/` };
}

/** Two browsers that show the page and are connected. */
async function pair(html, body) {
  const { server, url } = await serve(html);
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const pages = [await openPage(browser), await openPage(browser)];
    for (const page of pages) {
      await page.goto(url);
      await page.locator("body.connected").waitFor();
    }
    await body(...pages);
    for (const page of pages) assert.deepEqual(page.complaints, []);
  } finally {
    await browser.close();
    server.close();
  }
}

/** In the page: whether the browser has any address to offer. */
async function hasCandidates() {
  await new Promise((done) => {
    if (peer.iceGatheringState === "complete") done();
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") done();
    });
    setTimeout(done, 5_000);
  });
  return peer.localDescription.sdp.includes("a=candidate");
}

const lines = (page, list) => page.locator(`#${list} li`).allTextContents();

async function press(page, button, text) {
  await page.fill("#text", text);
  await page.click(`#${button}`);
}

const cases = {
  "two React pages talk, and the sender sees its own message": async () => {
    await pair(CHAT, async (ann, ben) => {
      await press(ann, "emit", "hello");
      await press(ben, "emit", "  hello back ");
      const expected = (seen) => seen.includes("hello") && seen.includes("  hello back ");
      for (const page of [ann, ben]) {
        await until("both messages", async () => expected(await lines(page, "single")));
        assert.equal((await lines(page, "single")).length, 2, "each of them once");
      }
    });
  },

  "POST /chat answers success and everybody gets the whole list": async () => {
    await pair(CHAT, async (ann, ben) => {
      await press(ann, "post", "first by post");
      await until("the first", async () => (await lines(ben, "list")).at(-1) === "first by post");
      await press(ben, "post", "second by post");
      for (const page of [ann, ben]) {
        await until("the list", async () => {
          const list = await lines(page, "list");
          return list.slice(-2).join() === "first by post,second by post";
        });
        assert.equal(await page.evaluate(() => document.body.dataset.status), "success");
        assert.deepEqual(await lines(page, "single"), [], "they are not told a second time");
      }
    });
  },

  "a burst of messages arrives in order on every transport": async () => {
    const ways = [["polling"], ["websocket"], ["polling", "websocket"]];
    const sockets = ways.map((transports) => io(SERVER, { transports, forceNew: true }));
    try {
      await Promise.all(sockets.map((socket) => new Promise((done) => socket.on("connect", done))));
      const seen = sockets.map(() => []);
      for (const [at, socket] of sockets.entries()) {
        socket.on("message", (text) => seen[at].push(text));
      }
      const sent = Array.from({ length: 200 }, (_, at) => `burst ${at}`);
      for (const text of sent) sockets[0].emit("message", text);
      await until("all of them", () => seen.every((texts) => texts.length >= sent.length));
      for (const texts of seen) assert.deepEqual(texts, sent);
    } finally {
      for (const socket of sockets) socket.close();
    }
  },

  "offer, answer and candidates go to the other browser only, unchanged": async () => {
    const [caller, callee] = [io(SERVER, { forceNew: true }), io(SERVER, { forceNew: true })];
    try {
      const connected = (socket) => new Promise((done) => socket.on("connect", done));
      await Promise.all([caller, callee].map(connected));
      const heard = { caller: [], callee: [] };
      caller.onAny((...event) => heard.caller.push(event));
      callee.onAny((...event) => heard.callee.push(event));
      const offer = { type: "offer", sdp: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n" };
      const answer = { type: "answer", sdp: "v=0\r\n" };
      const candidate = { candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host", sdpMid: "0" };
      caller.emit("offer", offer);
      caller.emit("candidate", candidate);
      await until("the offer", () => heard.callee.length === 2);
      callee.emit("answer", answer);
      await until("the answer", () => heard.caller.length === 1);
      assert.deepEqual(heard.callee, [
        ["offer", offer],
        ["candidate", candidate],
      ]);
      assert.deepEqual(heard.caller, [["answer", answer]]);
    } finally {
      caller.close();
      callee.close();
    }
  },

  "two browsers agree on a call": async () => {
    await pair(CALL, async (ann, ben) => {
      await ann.click("#call");
      for (const page of [ann, ben]) {
        const agreed = () => page.evaluate(() => peer.remoteDescription !== null && peer.signalingState);
        await until("the other's description", async () => (await agreed()) === "stable");
      }
    });
  },

  "the picture of the call arrives": async () => {
    await pair(CALL, async (ann, ben) => {
      await ann.click("#call");
      if (!(await ann.evaluate(hasCandidates))) {
        throw new Skip("this browser finds no network interface here");
      }
      for (const page of [ann, ben]) {
        await until("the call", () => page.evaluate(() => peer.connectionState === "connected"));
        const width = () => page.evaluate(() => document.getElementById("remote").videoWidth);
        await until("the other's picture", async () => (await width()) > 0);
      }
    });
  },
};

await run(cases, { patience: 60_000 });
