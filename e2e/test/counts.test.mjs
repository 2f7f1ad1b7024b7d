// Unread and mention counts, on two devices of one person.

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
after(() => place.close());

/** Waits until the room's link in the list of both devices says this. */
async function bothSay(pattern) {
  for (const [name, screen] of Object.entries({ desk, phone })) {
    await until(`${name}: the link of the room to say ${pattern}`, async () => {
      const link = screen.room("drive-train").first();
      const label = (await link.getAttribute("aria-label")) ?? (await link.innerText());
      return pattern.test(label.replace(/\s+/g, " ")) || label;
    }).then((seen) => {
      if (seen !== true) throw new Error(`${name} says ${seen}`);
    });
  }
}

test("messages of others count on every device", async () => {
  await place.mira.post(room.id, "The gearbox is back.");
  await place.mira.post(room.id, "Left side down to eight amps.");
  await bothSay(/2/);
});

test("a mention is counted apart", async () => {
  await place.mira.post(room.id, `@${lin.me.name} can you look?`);
  await bothSay(/3.*1|1.*3/);
});

test("reactions, edits and joins count nothing", async () => {
  const one = await place.mira.post(room.id, "One more.");
  await bothSay(/4/);
  await place.mira.ask("PUT", `/rooms/${room.id}/messages/${one.seq}/reactions/${encodeURIComponent("👍")}`);
  await place.mira.ask("PATCH", `/rooms/${room.id}/messages/${one.seq}`, { text: "One more, edited." });
  const jonas = await place.bring("Jonas Feld");
  await jonas.ask("POST", `/rooms/${room.id}/join`, {});
  await place.mira.post(room.id, "And the last.");
  await bothSay(/5/);
});

test("reading on one device empties the count on both", async () => {
  await desk.room("drive-train").first().click();
  await desk.sees("And the last.");
  await bothSay(/^(?!.*\d).*$/);
});

test("deleting an unread message takes it out of the count", async () => {
  await desk.openRoom(place.lobby);
  const one = await place.mira.post(room.id, "Said too soon.");
  await place.mira.post(room.id, "Said well.");
  await bothSay(/2/);
  await place.mira.ask("DELETE", `/rooms/${room.id}/messages/${one.seq}`);
  await bothSay(/1/);
});

test("counts are the same after a reload", async () => {
  await desk.page.reload();
  await phone.page.reload();
  await bothSay(/1/);
});
