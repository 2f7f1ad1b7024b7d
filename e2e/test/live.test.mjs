// From a key to a message: what the developer pages make works at the doors, and the inspector shows it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

let place;
let screen;
let alice;
/** What alice heard in the channel `news`. */
const heard = [];

before(async () => {
  place = await Place.open();
  screen = await place.screenOf(place.mira);
});
after(async () => {
  alice?.disconnect();
  await place?.close();
});

async function openPage(page) {
  await screen.open(`/admin/${page}`);
  await screen.page.getByRole("heading", { level: 1 }).first().waitFor();
}

const button = (name, options = {}) => screen.page.getByRole("button", { name, ...options });
const hears = (text) => until(`alice to hear ${text}`, () => heard.some((data) => data.text === text));

/** A publish as a backend does it. */
function publish(key, data) {
  return fetch(`${place.server.url}/api/publish`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": key },
    body: JSON.stringify({ channel: "news", data }),
  });
}

test("the token of the sample lets an app user in, and the inspector shows them", async () => {
  await openPage("connect");
  await button("Make a key and a secret").click();
  await screen.page.getByText(/let the user “alice” in/).waitFor();
  const code = await screen.page.getByRole("tabpanel").textContent();
  const [token, subscriptionToken] = [...code.matchAll(/token: "([\w.-]+)"/g)].map(([, text]) => text);
  const url = `${place.server.url.replace("http", "ws")}/connection/websocket`;
  alice = new Centrifuge(url, { token, websocket: WebSocket });
  alice.connect();
  await alice.ready(10_000);
  const news = alice.newSubscription("news", { token: subscriptionToken });
  news.on("publication", ({ data }) => heard.push(data));
  news.subscribe();
  await news.ready(10_000);

  await button("Live inspector", { exact: true }).click();
  const row = screen.page.getByRole("row").filter({ hasText: "alice" });
  await row.getByText("news").waitFor();
  await screen.page.getByRole("textbox", { name: "User" }).fill("ali");
  await row.waitFor();
  await screen.page.getByRole("textbox", { name: "User" }).fill("nobody-of-this-name");
  await screen.page.getByText("No connection fits.").waitFor();
  await screen.page.getByRole("radio", { name: "Channels" }).check();
  await screen.page.getByRole("row").filter({ hasText: "news" }).waitFor();
});

test("a message is published by hand, by keyboard alone", async () => {
  await openPage("publish");
  await screen.page.getByLabel("Channel").fill("news");
  const data = screen.page.getByLabel("Data, as JSON");
  await data.fill('{"text": "by hand"}');
  await data.press("Control+Enter");
  await screen.page.getByText("published", { exact: true }).waitFor();
  await hears("by hand");
});

test("a backend publishes with a key until it is revoked", async () => {
  await openPage("keys");
  await screen.page.getByRole("textbox", { name: "What will use it" }).fill("shop");
  await screen.page.getByRole("textbox", { name: "What will use it" }).press("Enter");
  const key = await screen.page.getByText(/^plk_/).textContent();
  assert.equal((await publish(key, { text: "from a backend" })).status, 200);
  await hears("from a backend");
  await button("Revoke: shop").click();
  await button("Really revoke: shop").click();
  await button("Revoke: shop").waitFor({ state: "detached" });
  assert.equal((await publish(key, { text: "too late" })).status, 401);
});

test("somebody is taken out of a channel, and a ban keeps them out until it is lifted", async () => {
  await openPage("inspector");
  await button("What to do with alice").click();
  await screen.page.getByRole("menuitem", { name: "Take out of news" }).click();
  await screen.page.getByText("alice was taken out of news.").waitFor();
  const ended = new Promise((done) => alice.once("disconnected", ({ code }) => done(code)));
  await button("What to do with alice").click();
  await screen.page.getByRole("menuitem", { name: "Ban alice" }).click();
  await screen.page.getByRole("heading", { name: "Bans", level: 1 }).waitFor();
  await screen.page.getByLabel("Why").fill("Just a test");
  await button("Ban", { exact: true }).click();
  assert.equal(await ended, 3507);
  await button("Lift: alice").click();
  await screen.page.getByText("Nobody is banned.").waitFor();
  alice.connect();
  await alice.ready(10_000);
  screen.unharmed();
});

test("switches that open the server are shouted", async () => {
  const open = await Place.open("Open House", "[client]\ninsecure = true\n");
  try {
    const page = await open.screenOf(open.mira);
    await page.open("/admin/connect");
    await page.page.getByRole("alert").getByText("This server lets everybody in.").waitFor();
  } finally {
    await open.close();
  }
});
