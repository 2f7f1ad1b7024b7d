// Coming in and going out: log-in, log-out, the list of sessions, a session that ended elsewhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, Place } from "../support/place.mjs";
import { Rest } from "../support/rest.mjs";

let place;
let lin;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
});
after(() => place?.close());

async function logInByPage(password = PASSWORD) {
  const screen = await place.screen();
  await screen.open("/");
  await screen.page.getByLabel("Name").fill(lin.me.name);
  await screen.page.getByLabel("Password", { exact: true }).fill(password);
  await screen.page.getByRole("button", { name: "Log in" }).click();
  return screen;
}

test("a stranger is led to the log-in, and a wrong password says so", async () => {
  const screen = await logInByPage("not the password");
  await screen.page.getByText("Name or password does not fit.").waitFor();
  assert.equal(new URL(screen.page.url()).pathname, "/login");
});

test("one logs in by page and logs out again", async () => {
  const screen = await logInByPage();
  await screen.composer.waitFor();
  const [cookie] = await screen.page.context().cookies();
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, "Lax");
  await screen.open("/settings");
  await screen.page.getByRole("button", { name: "Log out", exact: true }).click();
  await screen.page.getByRole("button", { name: "Log in" }).waitFor();
  const stolen = await fetch(`${place.server.url}/api/v1/bootstrap`, {
    headers: { cookie: `${cookie.name}=${cookie.value}` },
  });
  assert.equal(stolen.status, 401);
});

test("a session ended from another device leaves its page at the log-in", async () => {
  const here = await logInByPage();
  await here.composer.waitFor();
  const there = await place.screenOf(lin);
  await there.openRoom(place.lobby);
  await here.open("/settings/sessions");
  const line = here.page.getByRole("listitem").filter({ hasNotText: "this one" });
  const ends = line.getByRole("button", { name: /^Log out/ });
  await ends.first().waitFor();
  while ((await ends.count()) > 0) {
    const left = await ends.count();
    await ends.first().click();
    await here.page.waitForFunction(
      (n) =>
        [...document.querySelectorAll("li button")].filter((b) => /Log out/.test(b.ariaLabel ?? "")).length <
        n,
      left,
    );
  }
  await there.page.getByRole("button", { name: "Log in" }).waitFor();
});

test("a new password ends the other sessions, and only the new one opens the door", async () => {
  const other = await new Rest(place.server.url).logIn(lin.me.name, PASSWORD);
  const here = await new Rest(place.server.url).logIn(lin.me.name, PASSWORD);
  await here.ask("POST", "/me/password", { current: PASSWORD, new: "an entirely new one" });
  await assert.rejects(other.ask("GET", "/bootstrap"), { code: "unauthenticated" });
  await here.ask("GET", "/bootstrap");
  const again = new Rest(place.server.url);
  await assert.rejects(again.logIn(lin.me.name, PASSWORD), { code: "wrong_password" });
  await again.logIn(lin.me.name, "an entirely new one");
});

test("the owner's lost password is mended on the command line", async () => {
  const words = ["user", "reset-password", "--data", place.server.dataDir, place.mira.me.name];
  const printed = await place.server.run(...words);
  const candidates = printed.split(/\s+/).filter((word) => word.length >= 8);
  const outcomes = await Promise.allSettled(
    candidates.map((password) => new Rest(place.server.url).logIn(place.mira.me.name, password)),
  );
  assert.ok(
    outcomes.some((outcome) => outcome.status === "fulfilled"),
    printed,
  );
  await assert.rejects(new Rest(place.server.url).logIn(place.mira.me.name, PASSWORD));
});
