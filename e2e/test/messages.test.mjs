// What one can do with a message, seen by the other.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { filesWith } from "../support/disk.mjs";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

let place;
let lin;
let miraSees;
let linSees;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
  miraSees = await place.screenOf(place.mira);
  linSees = await place.screenOf(lin);
  await miraSees.openRoom(place.lobby);
  await linSees.openRoom(place.lobby);
});
after(() => place?.close());

test("an edit reaches the other page and says that it is one", async () => {
  await miraSees.say("Torque test at nine.");
  await linSees.sees("Torque test at nine.");
  await miraSees.act("Torque test at nine.", "Edit");
  await until("the text to be in the composer, ready to be changed", () =>
    miraSees.composer.evaluate(
      (field) => field === document.activeElement && field.value.includes("at nine"),
    ),
  );
  await miraSees.page.keyboard.press("ControlOrMeta+A");
  await miraSees.page.keyboard.type("Torque test at ten.");
  await miraSees.page.keyboard.press("Enter");
  await linSees.sees("Torque test at ten.");
  await linSees.message("Torque test at ten.").getByText("edited").waitFor();
  assert.equal(await linSees.log.getByText("Torque test at nine.").count(), 0);
});

test("a deleted text is gone from the page, REST, search and the disk", async () => {
  const secret = "quartermaster-71f2";
  await miraSees.say(`The word is ${secret} today.`);
  await linSees.sees(secret);
  const find = () => lin.ask("GET", `/search?q=${secret}`);
  await until("search to find it", async () => (await find()).hits.length === 1);

  await miraSees.remove(secret);

  await linSees.log.getByText("This message was deleted.").waitFor();
  assert.equal(await linSees.page.getByText(secret).count(), 0);
  assert.equal(await miraSees.page.getByText(secret).count(), 0);
  const messages = await lin.messages(place.lobby);
  assert.equal(messages.filter((message) => message.text.includes(secret)).length, 0);
  assert.equal(messages.filter((message) => message.deleted).length, 1);
  await until("search to forget it", async () => (await find()).hits.length === 0);

  await place.server.drain();
  assert.deepEqual(await filesWith(place.server.dataDir, secret), []);
  await place.server.up();
});

test("a reply quotes what it answers and leads there", async () => {
  await miraSees.say("Who has the torque wrench?");
  await linSees.sees("torque wrench");
  await linSees.act("torque wrench", "Reply");
  await linSees.say("周然 has it.");
  const reply = miraSees.message("周然 has it.");
  await reply.getByText("Who has the torque wrench?").waitFor();
  const [stored] = (await lin.messages(place.lobby)).slice(-1);
  assert.equal(stored.reply_to.excerpt, "Who has the torque wrench?");
});

test("a reaction shows on both pages and can be taken back", async () => {
  await linSees.react("周然 has it.", "thumbs");
  const chip = (screen) => screen.message("周然 has it.").getByRole("button", { name: /👍/ });
  await chip(miraSees).first().waitFor();
  await chip(linSees).first().click();
  await chip(miraSees).first().waitFor({ state: "detached" });
});

test("a mention stands out, and names of people are suggested while one writes", async () => {
  await miraSees.composer.pressSequentially("Over to you @linx");
  await miraSees.page.getByRole("option", { name: /林小满/ }).waitFor();
  await miraSees.page.keyboard.press("Enter");
  await miraSees.composer.pressSequentially("please.");
  await miraSees.page.keyboard.press("Enter");
  await linSees.sees("please.");
  const [stored] = (await lin.messages(place.lobby)).slice(-1);
  assert.deepEqual(stored.mentions, [lin.me.id]);
  await linSees.message("please.").getByText("@林小满").waitFor();
});

test("Markdown is drawn and never runs", async () => {
  const hostile = "**bold** <img src=x onerror=\"document.title='taken over'\"> [x](javascript:alert(1))";
  await miraSees.say(hostile);
  await linSees.message("bold").locator("strong", { hasText: "bold" }).waitFor();
  assert.equal(await linSees.log.locator("img[onerror]").count(), 0);
  assert.equal(await linSees.log.locator('a[href^="javascript"]').count(), 0);
  assert.notEqual(await linSees.page.title(), "taken over");
});

test("typing is told to the other and ends", async () => {
  await miraSees.composer.pressSequentially("Wait, I am");
  await linSees.page.getByText("Mira Castell is typing").waitFor();
  await miraSees.composer.fill("");
  await linSees.page.getByText("Mira Castell is typing").waitFor({ state: "detached" });
});

test("no page complained", () => {
  miraSees.unharmed();
  linSees.unharmed();
});
