// Finding: what was said, also in two characters of Chinese, and rooms and people by any name they have.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

let place;
let lin;
let vision;
let screen;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
  vision = await place.mira.makeRoom("vision 视觉", [lin]);
  await place.mira.post(vision.id, "新的轮组装好了，跑了三圈没有异响。");
  await place.mira.post(vision.id, "The markers read from six metres.");
  await lin.post(place.lobby, "逆光的时候掉到四米。");
  const closed = await place.mira.makeRoom("mentors", [], { kind: "closed" });
  await place.mira.post(closed.id, "轮组 is too expensive.");
  screen = await place.screenOf(lin);
  await screen.openRoom(place.lobby);
});
after(() => place?.close());

const search = async (words, person = lin) =>
  (await person.ask("GET", `/search?q=${encodeURIComponent(words)}`)).hits.map((hit) => hit.event.text);

test("a two-character Chinese query finds what one may read and nothing else", async () => {
  await until("the index to follow", async () => (await search("轮组")).length > 0);
  assert.deepEqual(await search("轮组"), ["新的轮组装好了，跑了三圈没有异响。"]);
  assert.equal((await search("轮组", place.mira)).length, 2);
  assert.deepEqual(await search("异响"), ["新的轮组装好了，跑了三圈没有异响。"]);
  assert.deepEqual(await search("markers six"), ["The markers read from six metres."]);
  assert.deepEqual(await search("逆光"), ["逆光的时候掉到四米。"]);
});

test("the search panel finds it and leads to the message", async () => {
  await screen.page.getByRole("button", { name: "Search", exact: true }).click();
  const panel = screen.page.getByRole("region", { name: "Search" });
  await panel.getByPlaceholder("Words that were said").fill("轮组");
  const everywhere = panel.getByRole("button", { name: "Look in all rooms" });
  const hit = panel.getByRole("listitem").getByRole("button");
  await everywhere.or(hit).first().waitFor();
  await everywhere.click();
  await hit.first().locator("mark", { hasText: "轮组" }).waitFor();
  assert.equal(await hit.count(), 1);
  await hit.first().click();
  await until("the room of the hit", () => screen.page.url().includes(vision.id));
  await screen.sees("新的轮组装好了");
});

for (const [typed, found] of [
  ["visi", /vision/],
  ["shijue", /vision 视觉/],
  ["视觉", /vision 视觉/],
  ["mira", /Mira Castell/],
]) {
  test(`the switcher finds by "${typed}"`, async () => {
    await screen.openRoom(place.lobby);
    await screen.page.keyboard.press("ControlOrMeta+k");
    const dialog = screen.page.getByRole("dialog");
    await dialog.waitFor();
    await screen.page.keyboard.type(typed);
    await dialog.getByRole("option", { name: found }).first().waitFor();
    await screen.page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    if (typed !== "mira") await until("the room", () => screen.page.url().includes(vision.id));
  });
}

test("people are found by pinyin", async () => {
  const mira = await place.screenOf(place.mira);
  await mira.openRoom(place.lobby);
  await mira.page.keyboard.press("ControlOrMeta+k");
  await mira.page.keyboard.type("linxiao");
  await mira.page
    .getByRole("dialog")
    .getByRole("option", { name: /林小满/ })
    .first()
    .waitFor();
});
