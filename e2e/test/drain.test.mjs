// A restart of the server, as an upgrade does it, is a pause and nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../support/place.mjs";

let place;
let screen;

before(async () => {
  place = await Place.open();
  screen = await place.screenOf(place.mira);
  await screen.openRoom(place.lobby);
});
after(() => place?.close());

test("SIGTERM ends the server within its time and with success", async () => {
  await screen.say("Before the restart.");
  await screen.sees("Before the restart.");
  const start = Date.now();
  assert.equal(await place.server.drain(), 0);
  assert.ok(Date.now() - start < 10_000, `took ${Date.now() - start} ms`);
});

test("the page says that it is reconnecting, keeps what is written, and recovers by itself", async () => {
  await screen.page
    .getByText(/Connecting…|Offline\./)
    .first()
    .waitFor();
  await screen.say("Written during the restart.");
  await place.server.up();
  await screen.page
    .getByText(/Connecting…|Offline\./)
    .first()
    .waitFor({ state: "detached", timeout: 30_000 });
  await screen.endsWith(["Before the restart.", "Written during the restart."]);
  const stored = (await place.mira.messages(place.lobby)).map((message) => message.text);
  assert.deepEqual(stored, ["Before the restart.", "Written during the restart."]);
});

test("a second process on the same data is told what to do", async () => {
  const port = place.server.port === 65_535 ? 1_024 : place.server.port + 1;
  const second = place.server.run("serve", "--data", place.server.dataDir, "--listen", `127.0.0.1:${port}`);
  await assert.rejects(second, (error) => {
    assert.match(error.message, /already|in use|another/i);
    assert.ok(error.message.includes(place.server.dataDir), error.message);
    return true;
  });
});
