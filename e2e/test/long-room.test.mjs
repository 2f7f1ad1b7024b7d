// A room with ten thousand messages feels like one with ten.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

const MESSAGES = 10_000;
const WRITERS = 16;
const AT_ONCE = 20;

let place;
let room;
let screen;

before(async () => {
  place = await Place.open("Harbour Robotics", "[limits]\nposts_per_second = 100000\nposts_burst = 100000\n");
  room = await place.mira.makeRoom("workshop-log");
  await fill();
  screen = await place.screenOf(place.mira);
});
after(() => place?.close());

/** Posts everything over many sockets at once, each within its own rate. */
async function fill() {
  const { token } = await place.mira.ask("POST", "/tokens", { name: "fill" });
  const url = `${place.server.url.replace("http", "ws")}/connection/websocket`;
  let next = 1;
  const writer = async () => {
    const client = new Centrifuge(url, { token, websocket: WebSocket });
    client.connect();
    await client.ready(10_000);
    while (next <= MESSAGES) {
      const first = next;
      next += AT_ONCE;
      const numbers = Array.from({ length: AT_ONCE }, (_, at) => first + at).filter((n) => n <= MESSAGES);
      await Promise.all(numbers.map((n) => post(client, n)));
    }
    client.disconnect();
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** Posts one, again and again until it is in: the client's own id makes that harmless. */
async function post(client, n) {
  const draft = { room: room.id, text: textOf(n), client_id: `fill-${n}` };
  for (;;) {
    try {
      await client.rpc("post", draft);
      return;
    } catch (error) {
      if (![111, 1014].includes(error.code)) throw error;
      await new Promise((resume) => setTimeout(resume, 100));
    }
  }
}

function textOf(n) {
  const tail =
    n % 7 === 0 ? `\n\nThe bench said:\n\n\`\`\`\nrun ${n}\n\`\`\`` : n % 3 === 0 ? " 新的轮组装好了。" : "";
  return `Entry ${n}.${tail}`;
}

/** Waits until a row stands within the window. */
async function inView(row) {
  await row.waitFor();
  await until("the message to be in view", () =>
    row.evaluate((node) => {
      const box = node.getBoundingClientRect();
      return box.top >= 0 && box.bottom <= window.innerHeight;
    }),
  );
}

/** The message at the top of the view, with how far it is from the edge. */
const anchor = () =>
  screen.log.evaluate((log) => {
    const scroller = [log, ...log.querySelectorAll("*")].find(
      (node) => node.scrollHeight > node.clientHeight + 50,
    );
    const view = (scroller ?? log).getBoundingClientRect();
    const rows = [...log.querySelectorAll('[role="article"], article')];
    const row = rows.find((one) => one.getBoundingClientRect().top >= view.top);
    return row && { text: row.textContent.match(/Entry \d+/)?.[0], top: row.getBoundingClientRect().top };
  });

test("it opens at its end in a moment", async () => {
  const start = Date.now();
  await screen.openRoom(room.id);
  const newest = (await place.mira.ask("GET", `/rooms/${room.id}/events?limit=1`)).events[0];
  await inView(screen.message(newest.text.match(/Entry \d+\./)[0]));
  assert.ok(Date.now() - start < 5_000, `took ${Date.now() - start} ms`);
  const count = await screen.log.getByRole("article").count();
  assert.ok(count < 300, `${count} rows are in the page`);
});

test("older pages load above without moving what one reads", async () => {
  await screen.log.hover();
  let loads = 0;
  screen.page.on("response", (response) => {
    if (/\/events\?.*before=/.test(response.url())) loads += 1;
  });
  for (let step = 0; loads < 3 && step < 60; step += 1) {
    const held = loads;
    await screen.page.mouse.wheel(0, -1_500);
    const before = await settled();
    const after = await settled();
    assert.ok(loads - held <= 2, `one turn of the wheel read ${loads - held} older pages`);
    assert.equal(after.text, before.text);
    assert.ok(Math.abs(after.top - before.top) <= 2, `${before.text} moved by ${after.top - before.top} px`);
  }
  assert.ok(loads >= 3, `only ${loads} older pages were read`);
});

/** Waits until nothing is being loaded and the view stands still. */
async function settled() {
  let last = null;
  return until("the view to stand still", async () => {
    const now = await anchor();
    const still = last !== null && now?.text === last.text && now.top === last.top;
    last = now;
    return still && now;
  });
}

test("a link to an old message shows it", async () => {
  const page = await place.mira.ask("GET", `/rooms/${room.id}/events?after=4000&limit=1`);
  const seq = page.events[0].seq;
  await screen.open(`/r/${room.id}/${seq}`);
  const text = page.events[0].text.split("\n")[0];
  const row = screen.log.getByText(text.match(/Entry \d+\./)[0]).first();
  await inView(row);
});

test("one click leads back to the present", async () => {
  const newest = (await place.mira.ask("GET", `/rooms/${room.id}/events?limit=1`)).events[0];
  await screen.page.getByRole("button", { name: /To the newest/ }).click();
  await inView(screen.message(newest.text.match(/Entry \d+\./)[0]));
});
