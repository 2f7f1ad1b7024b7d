// Unread and mention counts, on two devices of one person.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

let place;
let lin;
let room;
let desk;
let phone;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
  room = await place.mira.makeRoom("drive-train", [lin]);
  desk = await place.screenOf(lin);
  phone = await place.screenOf(lin);
  await desk.openRoom(place.lobby);
  await phone.openRoom(place.lobby);
});
after(() => place?.close());

/** Waits until the list of both devices, and REST, count this. */
async function countsAre(unread, mentions) {
  for (const [name, screen] of Object.entries({ desk, phone })) {
    await until(`${unread} unread and ${mentions} mentions on the ${name}`, async () => {
      const counts = await screen.counts("drive-train");
      return (
        (counts.unread === unread && counts.mentions === mentions) || Promise.reject(JSON.stringify(counts))
      );
    });
  }
  const { me } = await lin.ask("GET", `/rooms/${room.id}`);
  assert.deepEqual([me.unread, me.mentions], [unread, mentions]);
}

test("messages of others count on every device", async () => {
  await place.mira.post(room.id, "The gearbox is back.");
  await place.mira.post(room.id, "Left side down to eight amps.");
  await countsAre(2, 0);
});

test("a mention is counted apart", async () => {
  await place.mira.post(room.id, `@${lin.me.name} can you look?`);
  await countsAre(3, 1);
});

test("reactions, edits and joins count nothing", async () => {
  const one = await place.mira.post(room.id, "One more.");
  await countsAre(4, 1);
  await place.mira.ask("PUT", `/rooms/${room.id}/messages/${one.seq}/reactions/${encodeURIComponent("👍")}`);
  await place.mira.ask("PATCH", `/rooms/${room.id}/messages/${one.seq}`, { text: "One more, edited." });
  const jonas = await place.bring("Jonas Feld");
  await jonas.ask("POST", `/rooms/${room.id}/join`, {});
  await place.mira.post(room.id, "And the last.");
  await countsAre(5, 1);
});

test("reading on one device empties the count on both", async () => {
  await desk.room("drive-train").click();
  await desk.sees("And the last.");
  await countsAre(0, 0);
});

test("deleting an unread message takes it out of the count", async () => {
  await desk.openRoom(place.lobby);
  const one = await place.mira.post(room.id, "Said too soon.");
  await place.mira.post(room.id, "Said well.");
  await countsAre(2, 0);
  await place.mira.ask("DELETE", `/rooms/${room.id}/messages/${one.seq}`);
  await countsAre(1, 0);
});

test("counts are the same after a reload", async () => {
  await desk.page.reload();
  await phone.page.reload();
  await countsAre(1, 0);
});
