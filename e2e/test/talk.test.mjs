// The main job: somebody opens a place, invites a second person, and the two talk, whatever happens to
// the line and to the server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, Place } from "../support/place.mjs";
import { Rest } from "../support/rest.mjs";
import { until } from "../support/until.mjs";

let place;
let mira;
let lin;
let lobby;

before(async () => {
  place = await Place.empty();
});
after(() => place?.close());

/** Both pages and the server hold exactly these messages, in this order, once. */
async function sameEverywhere(expected) {
  await mira.endsWith(expected);
  await lin.endsWith(expected);
  const rest = await new Rest(place.server.url).logIn("mira castell", PASSWORD);
  const messages = await rest.messages(lobby);
  assert.deepEqual(
    messages.map((message) => message.text),
    expected,
  );
  assert.equal(new Set(messages.map((message) => message.seq)).size, messages.length);
  assert.equal((await mira.texts()).length, expected.length);
  assert.equal((await lin.texts()).length, expected.length);
}

test("the server prints the address to open", () => {
  assert.match(place.server.log, new RegExp(`http://[\\w.]+:${place.server.port}\\b`));
});

test("the first visitor names the place and stands in the lobby", async () => {
  mira = await place.screen();
  await mira.open("/");
  await mira.page.getByLabel("Name of the place").fill("Harbour Robotics");
  await mira.page.getByLabel("Your name").fill("Mira Castell");
  await mira.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await mira.page.getByRole("button", { name: "Open the lobby" }).click();
  await mira.enter();
  lobby = new URL(mira.page.url()).pathname.split("/").at(-1);
});

test("a second person comes in through the invitation link", async () => {
  const link = await mira.page.getByRole("textbox", { name: "Invitation link" }).inputValue();
  lin = await place.screen();
  await lin.page.goto(`http://${link}`);
  await lin.page.getByLabel("Your name").fill("林小满");
  await lin.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await lin.page.getByRole("button", { name: "Come in" }).click();
  await lin.enter();
});

test("the two talk", async () => {
  await mira.say("Welcome to the harbour.");
  await lin.sees("Welcome to the harbour.");
  await lin.say("谢谢！新的轮组装好了。");
  await mira.sees("谢谢！新的轮组装好了。");
  await sameEverywhere(["Welcome to the harbour.", "谢谢！新的轮组装好了。"]);
});

test("one goes offline, the server is killed, and both end with the same talk", async () => {
  await lin.page.context().setOffline(true);
  await lin.page.getByText("Offline.").waitFor();
  await lin.say("Written under the bridge, one.");
  await lin.say("Written under the bridge, two.");
  await lin.page.getByText("2 messages wait.").waitFor();
  await mira.say("Anybody there?");
  const rest = await new Rest(place.server.url).logIn("mira castell", PASSWORD);
  await until("the post to be stored", async () => (await rest.messages(lobby)).length === 3);

  await place.server.kill();
  await mira.say("The server is gone, and I write on.");
  await place.server.up();
  await until("the outbox to be sent", async () => (await rest.messages(lobby)).length === 4, 30_000);
  await lin.page.context().setOffline(false);

  await sameEverywhere([
    "Welcome to the harbour.",
    "谢谢！新的轮组装好了。",
    "Anybody there?",
    "The server is gone, and I write on.",
    "Written under the bridge, one.",
    "Written under the bridge, two.",
  ]);
});

test("a reload shows the same talk", async () => {
  const before = await mira.texts();
  await mira.page.reload();
  await mira.endsWith(before);
});

test("what was written offline survives a reload", async () => {
  await place.server.kill();
  await mira.say("Kept on the device.");
  await mira.page.getByText("1 message waits.").waitFor();
  await place.server.up();
  await mira.page.reload();
  await lin.sees("Kept on the device.");
  const texts = await lin.texts();
  assert.equal(texts.filter((text) => text === "Kept on the device.").length, 1);
});

test("no page complained", () => {
  mira.unharmed();
  lin.unharmed();
});
