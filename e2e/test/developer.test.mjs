// The developer pages: what is made there, what is taken back, and what is refused at its field.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = ["connect", "keys", "inspector", "publish", "bans", "webhooks"];

let place;
let screen;

before(async () => {
  place = await Place.open();
  screen = await place.screenOf(place.mira);
});
after(() => place?.close());

async function openPage(page) {
  await screen.open(`/admin/${page}`);
  await screen.page.getByRole("heading", { level: 1 }).first().waitFor();
}

const button = (name, options = {}) => screen.page.getByRole("button", { name, ...options });

test("the samples are filled with a key and a secret that were made for them", async () => {
  await openPage("connect");
  await button("Make a key and a secret").click();
  await screen.page.getByText(/let the user “alice” in/).waitFor();
  await screen.page.getByRole("tab", { name: "curl" }).click();
  await screen.page.getByText(/X-API-Key: plk_/).waitFor();
  await screen.page.getByRole("tab", { name: "curl" }).press("ArrowLeft");
  await screen.page.getByRole("tab", { name: "WebSocket", selected: true }).waitFor();
});

test("a key is shown once, its use is told, and it is revoked by two presses", async () => {
  await openPage("keys");
  const name = screen.page.getByRole("textbox", { name: "What will use it" });
  await name.fill("shop");
  await name.press("Enter");
  await screen.page.getByText(/^plk_/).waitFor();
  await screen.page
    .getByText(/by Mira Castell · never used/)
    .first()
    .waitFor();
  await screen.page.reload();
  await button("Revoke: shop").click();
  assert.equal(await screen.page.getByText(/^plk_/).count(), 0);
  await screen.page.keyboard.press("Enter");
  await button("Revoke: shop").waitFor({ state: "detached" });
});

test("a token secret is rotated, and the old one holds for as long as was chosen", async () => {
  await openPage("keys");
  const name = screen.page.getByRole("textbox", { name: "What will sign with it" });
  await name.fill("web app");
  await name.press("Enter");
  await button("Rotate: web app").click();
  await screen.page.getByLabel("The old one holds for").selectOption({ label: "1 hour" });
  await button("Make a new one").click();
  await screen.page.getByText(/rotated, holds until/).waitFor();
  assert.equal(await button("Rotate: web app").count(), 1);
});

test("a ban is made, refuses what is no address at its field, and is lifted", async () => {
  await openPage("bans");
  await screen.page.getByLabel("Ban", { exact: true }).selectOption({ label: "An address or network" });
  const address = screen.page.getByRole("textbox", { name: "Address" });
  await address.fill("not an address");
  await address.press("Enter");
  await until("the field to say so", async () => (await address.getAttribute("aria-invalid")) === "true");
  await address.fill("203.0.113.0/24");
  await screen.page.getByLabel("Why").fill("Just a test");
  await button("Ban", { exact: true }).click();
  await screen.page.getByText(/Just a test/).waitFor();
  await button("Lift: 203.0.113.0/24").click();
  await screen.page.getByText("Nobody is banned.").waitFor();
});

test("tokens of a user are ended, and that is taken back", async () => {
  await openPage("bans");
  const user = screen.page.getByRole("textbox", { name: "User" }).last();
  await user.fill("alice");
  await user.press("Enter");
  await button(/^Take back: Tokens of alice/).click();
  await screen.page.getByText("No token was ended.").waitFor();
});

test("JSON that is none says where, and a room's channel is not for publishing", async () => {
  await openPage("publish");
  const data = screen.page.getByLabel("Data, as JSON");
  await data.fill('{"text": "by hand",\n}');
  await screen.page.getByText("Does not fit at line 2, column 1.").waitFor();
  assert.equal(await button("Publish", { exact: true }).last().isDisabled(), true);
  await data.fill('{"text": "by hand"}');
  await screen.page.getByText("JSON, 19 bytes").waitFor();
  await screen.page.getByLabel("Channel").fill("room:r00000000000");
  await screen.page.getByText(/Rooms and people have their own channels/).waitFor();
});

test("a webhook is made, tells of a failed test, and is deleted", async () => {
  await openPage("webhooks");
  await button("New webhook").click();
  await screen.page.getByLabel("Name").fill("billing");
  await screen.page.getByLabel("Address").fill("billing.example.org");
  await screen.page.getByText("An address begins with https:// or http://.").waitFor();
  await screen.page.getByLabel("Address").fill("https://billing.invalid/hook");
  await button("Make").click();
  await screen.page.getByText(/The secret of “billing”/).waitFor();
  await button("Send a test").click();
  await screen.page.getByText(/Not reached|Answered/).waitFor();
  await button("Delete: billing").click();
  await button("Really delete: billing").click();
  await screen.page.getByText("There are no webhooks.").waitFor();
});

test("a member is refused, and no menu offers the pages", async () => {
  const lin = await place.bring("林小满");
  const other = await place.screenOf(lin);
  await other.open("/admin/keys");
  await other.page.getByText("Not for your role").first().waitFor();
  assert.equal(await other.page.getByRole("button", { name: "Keys and secrets" }).count(), 0);
  await other.page.context().close();
});

test("axe finds nothing serious on any of these pages", async () => {
  for (const page of PAGES) {
    await openPage(page);
    await screen.page.evaluate(AXE);
    const { violations } = await screen.page.evaluate(() =>
      window.axe.run(document, { resultTypes: ["violations"] }),
    );
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(
      serious.map(({ id }) => id),
      [],
      page,
    );
  }
  screen.unharmed();
});
