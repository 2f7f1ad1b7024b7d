// Puts a drawn call into a room, for pictures: the page is the product's own, only the media client is replaced.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const LINK = join(import.meta.dirname, "cast-link.js");

/**
 * Before the page is opened: `people` are in the call of `room`, in this order, each `{id, camera, screen, microphone,
 * speaking, hand, me}`. Without `me` among them the call is only seen from outside.
 */
export async function castCall(page, room, people, startedMinutesAgo = 12) {
  const call = {
    id: "c00000000000",
    started_at: Date.now() - startedMinutesAgo * 60_000 - 40_000,
    started_by: people[0].id,
    users: people.map(({ id }) => id),
  };
  await page.addInitScript(
    (cast) => {
      globalThis.plazaCast = cast;
    },
    { people },
  );
  await page.route("**/assets/livekit-*.js", async (route) => {
    await route.fulfill({ contentType: "text/javascript", body: await readFile(LINK, "utf8") });
  });
  await page.route("**/api/v1/bootstrap", async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    for (const one of json.rooms) if (one.id === room) one.call = call;
    await route.fulfill({ response: answer, json });
  });
  await page.route(`**/api/v1/rooms/${room}/call`, (route) =>
    route.fulfill({
      json: { url: "ws://cast", token: "cast", expires_at: Date.now() + 600_000, speak: true, keep: true },
    }),
  );
  await page.route(`**/api/v1/rooms/${room}/events?*`, async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    const at = Math.max(0, json.events.length - 3);
    const before = json.events[at];
    if (before !== undefined && !json.has_after) {
      const line = { kind: "call_started", call: call.id, author: call.started_by };
      json.events.splice(at + 1, 0, { ...line, seq: before.seq + 0.5, at: before.at });
    }
    await route.fulfill({ response: answer, json });
  });
}
