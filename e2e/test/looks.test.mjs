// Languages, themes, sizes, and readers that are not eyes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { castCall } from "../support/cast.mjs";
import { Place } from "../support/place.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let place;
let lin;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
  const post = await place.mira.post(
    place.lobby,
    "Welcome. `code`, **bold** and a [link](https://example.org).",
  );
  await lin.post(place.lobby, "谢谢！新的轮组装好了。", { reply_to: post.seq });
  const reaction = encodeURIComponent("👍");
  await lin.ask("PUT", `/rooms/${place.lobby}/messages/${post.seq}/reactions/${reaction}`);
  await place.mira.post(place.lobby, "```rust\nfn main() {}\n```");
});
after(() => place?.close());

/** What axe finds serious or critical on the page as it stands. */
async function serious(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Does something stick out to the right? */
const overflows = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

const PAGES = {
  "the lobby": (screen) => screen.openRoom(place.lobby),
  "the settings": async (screen) => {
    await screen.open("/settings/profile");
    await screen.page.getByRole("heading", { level: 1 }).first().waitFor();
  },
  "a room's settings": async (screen) => {
    await screen.openRoom(place.lobby);
    await screen.page.getByRole("button", { name: "Room settings" }).click();
    await screen.page.getByRole("button", { name: "Leave the room" }).waitFor();
  },
  "the menu of a message": async (screen) => {
    await screen.openRoom(place.lobby);
    await screen.message("谢谢").hover();
    await screen.message("谢谢").getByRole("button", { name: "More", exact: true }).click();
    await screen.page.getByRole("menuitem", { name: "Copy text" }).waitFor();
  },
  "a call": async (screen) => {
    await castCall(screen.page, place.lobby, [
      { id: lin.me.id, camera: true, speaking: true, screen: true },
      { id: place.mira.me.id, me: true, microphone: "muted", hand: true },
    ]);
    await screen.openRoom(place.lobby);
    await screen.page.getByRole("button", { name: /^Join the call/ }).click();
    await screen.page.getByRole("button", { name: "Join", exact: true }).first().click();
    await screen.page.getByRole("toolbar", { name: "Call controls" }).waitFor();
  },
  "an address that leads nowhere": async (screen) => {
    await screen.open("/nosuchpage");
    await screen.page.getByRole("heading", { level: 1, name: /Nothing is at/ }).waitFor();
  },
  "the administration": async (screen) => {
    await screen.open("/admin/people");
    await screen.page.getByRole("heading", { level: 1 }).first().waitFor();
  },
};

for (const colorScheme of ["light", "dark"]) {
  for (const [name, open] of Object.entries(PAGES)) {
    test(`axe finds nothing serious in ${name}, ${colorScheme}`, async () => {
      const screen = await place.screenOf(place.mira, { colorScheme });
      await open(screen);
      assert.deepEqual(await serious(screen.page), []);
      screen.unharmed();
      await screen.page.context().close();
    });
  }

  test(`axe finds nothing serious at the log-in, ${colorScheme}`, async () => {
    const screen = await place.screen({ colorScheme });
    await screen.open("/login");
    await screen.page.getByRole("button", { name: "Log in" }).waitFor();
    assert.deepEqual(await serious(screen.page), []);
    await screen.page.context().close();
  });
}

test("the theme follows the system and changes the ground", async () => {
  const grounds = [];
  for (const colorScheme of ["light", "dark"]) {
    const screen = await place.screenOf(lin, { colorScheme });
    await screen.openRoom(place.lobby);
    grounds.push(await screen.page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    await screen.page.context().close();
  }
  assert.notEqual(grounds[0], grounds[1]);
});

test("the language is chosen in the settings and goes with the person", async () => {
  const screen = await place.screenOf(lin);
  await screen.open("/settings/appearance");
  await screen.page.getByText("简体中文").first().click();
  await screen.page.getByText("语言").first().waitFor();
  const again = await place.screenOf(lin);
  await again.open(`/r/${place.lobby}`);
  await again.page.getByRole("log").waitFor();
  assert.match(await again.page.evaluate(() => document.documentElement.lang), /^zh/);
  await screen.page.context().close();
  await again.page.context().close();
});

test("on a phone the list and the room are one thing at a time, and nothing sticks out", async () => {
  const screen = await place.screenOf(place.mira, PHONE);
  await screen.openRoom(place.lobby);
  assert.equal(await overflows(screen.page), false);
  assert.deepEqual(await serious(screen.page), []);
  await screen.page
    .getByRole("link", { name: /Back to the list/ })
    .or(screen.page.getByRole("button", { name: /Back to the list/ }))
    .first()
    .click();
  await screen.room("Lobby").waitFor();
  assert.equal(await overflows(screen.page), false);
  assert.equal(await screen.composer.isVisible(), false);
  await screen.page.context().close();
});

test("at 360 pixels nothing sticks out", async () => {
  const screen = await place.screenOf(place.mira, { ...PHONE, viewport: { width: 360, height: 740 } });
  await screen.openRoom(place.lobby);
  assert.equal(await overflows(screen.page), false);
  await screen.page.context().close();
});

test("at 200 % zoom, in a tablet's width and with words that have no end nothing sticks out", async () => {
  const room = await place.mira.makeRoom(
    "a-room-with-a-name-that-goes-on-and-on-without-a-single-space",
    [],
    {
      topic: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    },
  );
  const table = `| a | b |\n|---|---|\n| ${"words ".repeat(30)} | ${"x".repeat(90)} |`;
  for (const text of ["W".repeat(300), `https://example.org/${"path/".repeat(60)}`, "字".repeat(200), table])
    await place.mira.post(room.id, text);
  for (const viewport of [
    { width: 640, height: 400 },
    { width: 820, height: 1100 },
    { width: 360, height: 740 },
  ]) {
    const screen = await place.screenOf(place.mira, { viewport });
    for (const address of [`/r/${room.id}`, "/settings/profile", "/admin/people", "/admin/inspector"]) {
      await screen.open(address);
      await screen.page.getByRole("heading", { level: 1 }).first().waitFor();
      assert.equal(await overflows(screen.page), false, `${address} at ${viewport.width}`);
    }
    await screen.page.context().close();
  }
});

test("an empty room looks intended", async () => {
  const room = await place.mira.makeRoom("quiet-corner");
  const screen = await place.screenOf(place.mira);
  await screen.openRoom(room.id);
  await screen.page.getByText("This is where # quiet-corner begins.").waitFor();
  assert.equal(await screen.composer.evaluate((field) => field === document.activeElement), true);
  await screen.page.context().close();
});

test("a room that does not exist and one that one may not see look the same", async () => {
  const closed = await place.mira.makeRoom("mentors", [], { kind: "closed" });
  const screen = await place.screenOf(lin);
  for (const id of [closed.id, "r00000000000"]) {
    await screen.open(`/r/${id}`);
    await screen.page.getByText(/Nothing is at this address|这个地址/).waitFor();
  }
  await screen.page.context().close();
});
