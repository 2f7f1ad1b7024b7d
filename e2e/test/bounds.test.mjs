// Who is here and what one may: guests, people who come and go, a line that is cut, addresses that lead nowhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, Place } from "../support/place.mjs";
import { Rest } from "../support/rest.mjs";
import { until } from "../support/until.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

let place;
let lin;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
});
after(() => place?.close());

test("the count in a room's head follows who comes and goes, without a reload", async () => {
  const room = await place.mira.makeRoom("drive-train");
  const screen = await place.screenOf(place.mira);
  await screen.openRoom(room.id);
  await screen.page.getByRole("button", { name: "1 member" }).waitFor();
  await lin.ask("POST", `/rooms/${room.id}/join`);
  await screen.page.getByRole("button", { name: "2 members" }).waitFor();
  await lin.ask("POST", `/rooms/${room.id}/leave`);
  await screen.page.getByRole("button", { name: "1 member" }).waitFor();
  await screen.page.context().close();
});

test("a guest sees nothing that makes or invites, and is not stranded without a room", async () => {
  const guest = await place.bring("Gast", { role: "guest", room: place.lobby });
  for (const options of [{}, PHONE]) {
    const screen = await place.screenOf(guest, options);
    await screen.openRoom(place.lobby);
    if (options === PHONE) await screen.page.getByRole("link", { name: /Back to the list/ }).click();
    await screen.room("Lobby").waitFor();
    for (const name of ["New room", "New room or talk", "Invite somebody"])
      assert.equal(await screen.page.getByRole("button", { name, exact: true }).count(), 0, name);
    await screen.page.context().close();
  }
  const screen = await place.screenOf(guest);
  await screen.openRoom(place.lobby);
  // A guest's last room can not be left, but others can take them out of it.
  await screen.page.getByRole("button", { name: "Room settings" }).click();
  assert.equal(await screen.page.getByRole("button", { name: "Leave the room" }).count(), 0);
  await screen.page.keyboard.press("Escape");
  await place.mira.ask("DELETE", `/rooms/${place.lobby}/members/${guest.me.id}`);
  await screen.open("/");
  await screen.page.getByRole("heading", { name: "You are in no room." }).waitFor();
  await screen.page.getByRole("button", { name: "Copy @gast" }).waitFor();
  await place.mira.ask("POST", `/rooms/${place.lobby}/members`, { users: [guest.me.id] });
  await screen.room("Lobby").waitFor();
  await screen.composer.waitFor();
  screen.unharmed();
  await screen.page.context().close();
});

test("a member in no room is shown the open ones", async () => {
  const wen = await place.bring("文博");
  await wen.ask("POST", `/rooms/${place.lobby}/leave`);
  const screen = await place.screenOf(wen);
  await screen.open("/");
  await screen.page.getByRole("link", { name: /Lobby/ }).click();
  await screen.page.getByRole("button", { name: "Join", exact: true }).click();
  await screen.composer.waitFor();
  await screen.page.context().close();
});

test("while offline nobody types and nobody is said to be here", async () => {
  const screen = await place.screenOf(place.mira);
  const other = await place.screenOf(lin);
  await screen.openRoom(place.lobby);
  await other.openRoom(place.lobby);
  await screen.page.getByRole("img", { name: "Here", exact: true }).first().waitFor();
  await other.composer.pressSequentially("I am wri");
  await screen.page.getByText("林小满 is typing").waitFor();
  await screen.page.context().setOffline(true);
  await screen.page.getByText("Offline.").waitFor();
  assert.equal(await screen.page.getByText("is typing").count(), 0);
  assert.equal(await screen.page.getByRole("img", { name: "Here", exact: true }).count(), 0);
  await screen.page.context().setOffline(false);
  await screen.page.getByRole("img", { name: "Here", exact: true }).first().waitFor({ timeout: 30_000 });
  await screen.page.context().close();
  await other.page.context().close();
});

test("a name in full and Enter sends", async () => {
  await place.bring("Lin");
  await place.bring("Linda");
  const screen = await place.screenOf(place.mira);
  await screen.openRoom(place.lobby);
  await screen.composer.pressSequentially("hello @Lin");
  await screen.composer.press("Enter");
  await screen.sees("hello @Lin");
  assert.equal(await screen.composer.inputValue(), "");
  await screen.page.context().close();
});

test("an address that leads nowhere says so and leads home, on a phone too", async () => {
  for (const options of [{}, PHONE]) {
    const screen = await place.screenOf(place.mira, options);
    await screen.open("/nosuchpage");
    await screen.page.getByRole("heading", { name: "Nothing is at this address." }).waitFor();
    await screen.page.getByRole("link", { name: "To the rooms" }).click();
    await screen.room("Lobby").or(screen.composer).first().waitFor();
    await screen.page.context().close();
  }
});

test("a name that somebody has is refused at its field, when one comes in and when one renames", async () => {
  const screen = await place.screenOf(lin);
  await screen.open("/settings/profile");
  const field = screen.page.getByRole("textbox", { name: "Name to sign in with" });
  await field.fill(place.mira.me.name);
  await field.press("Enter");
  await screen.page.getByText("This name is taken.").waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  await screen.page.context().close();

  const { path } = await place.mira.ask("POST", "/invites", {});
  const stranger = await place.screen();
  await stranger.open(path);
  // The server makes handles that are free; what it would say of a name it refuses is put in its mouth here.
  await stranger.page.route("**/api/v1/invites/*/accept", (route) =>
    route.fulfill({
      status: 409,
      contentType: "application/problem+json",
      json: { code: "name_taken", status: 409, detail: "Somebody has this name already." },
    }),
  );
  const name = stranger.page.getByLabel("Your name");
  await name.fill("Mira Castell");
  await stranger.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await stranger.page.getByRole("button", { name: "Come in" }).click();
  await stranger.page.getByText("This name is taken.").waitFor();
  assert.equal(await name.getAttribute("aria-invalid"), "true");
  await stranger.page.context().close();
});

test("the settings tell when a token was used, and what a new password ended", async () => {
  const { token } = await lin.ask("POST", "/tokens", { name: "backup-script" });
  await new Rest(place.server.url).logIn(lin.me.name, PASSWORD);
  const screen = await place.screenOf(lin);
  await screen.open("/settings/tokens");
  await screen.page.getByText(/^Made .*, never used$/).waitFor();
  await fetch(`${place.server.url}/api/v1/bootstrap`, { headers: { authorization: `Bearer ${token}` } });
  await until("the list to tell of the use", async () => {
    await screen.page.reload();
    await screen.page.getByText("backup-script").waitFor();
    return screen.page.getByText(/last used/).isVisible();
  });
  await screen.open("/settings/password");
  await screen.page.getByLabel("Password until now", { exact: true }).fill(PASSWORD);
  await screen.page.getByLabel("New password", { exact: true }).fill("an entirely new one");
  await screen.page.getByRole("button", { name: "Change the password" }).click();
  await screen.page.getByText("Your password is changed.").waitFor();
  await screen.page.getByText(/sessions? elsewhere (was|were) ended/).waitFor();
  screen.unharmed();
  await screen.page.context().close();
});
