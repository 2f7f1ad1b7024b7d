// Files: by button and by paste, with thumbnails, and never a way to run something.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hostileHtml, hostileSvg, png } from "../support/images.mjs";
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

async function attach(name, mimeType, buffer) {
  const chooser = miraSees.page.waitForEvent("filechooser");
  await miraSees.page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles({ name, mimeType, buffer });
  await miraSees.page.getByText(name).or(miraSees.page.getByAltText(name)).first().waitFor();
}

const newest = async () => (await lin.messages(place.lobby)).at(-1);

test("a picture chosen by button arrives with a thumbnail of the right shape", async () => {
  await attach("wheel.png", "image/png", png(1600, 900));
  await miraSees.say("The new wheel.");
  await linSees.sees("The new wheel.");
  const [file] = (await newest()).files;
  assert.deepEqual([file.kind, file.width, file.height], ["image", 1600, 900]);
  assert.ok(file.thumb_url);
  const image = linSees.message("The new wheel.").locator("img").last();
  await until("the picture to be drawn", () => image.evaluate((img) => img.complete && img.naturalWidth > 0));
  const shape = await image.evaluate((img) => img.clientWidth / img.clientHeight);
  assert.ok(Math.abs(shape - 16 / 9) < 0.05, `shape ${shape}`);
});

test("a picture that is pasted is attached", async () => {
  const bytes = [...png(40, 30)];
  await miraSees.composer.focus();
  await miraSees.page.evaluate((list) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(list)], "pasted.png", { type: "image/png" }));
    const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(paste);
  }, bytes);
  await miraSees.page.getByText("pasted.png").or(miraSees.page.getByAltText("pasted.png")).first().waitFor();
  await miraSees.say("Pasted.");
  await linSees.sees("Pasted.");
  assert.equal((await newest()).files.length, 1);
});

for (const [name, type, bytes] of [
  ["page.html", "text/html", hostileHtml],
  ["drawing.svg", "image/svg+xml", hostileSvg],
  ["picture.png", "image/png", hostileHtml],
]) {
  test(`a hostile ${name} is only ever a download`, async () => {
    await attach(name, type, bytes);
    await miraSees.say(`Look at ${name}`);
    await linSees.sees(`Look at ${name}`);
    const [file] = (await newest()).files;
    assert.equal(file.kind, "file");

    const answer = await linSees.page.context().request.get(place.server.url + file.url);
    const headers = answer.headers();
    assert.match(headers["content-disposition"], /^attachment/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(headers["content-security-policy"], /sandbox/);

    const framed = await linSees.page.evaluate(async (url) => {
      const heard = [];
      window.addEventListener("message", (event) => heard.push(event.data));
      const frame = document.createElement("iframe");
      frame.src = url;
      document.body.append(frame);
      await Promise.race([
        new Promise((done) => frame.addEventListener("load", done)),
        new Promise((done) => setTimeout(done, 1_000)),
      ]);
      frame.remove();
      return heard.filter((data) => data === "taken over");
    }, file.url);
    assert.deepEqual(framed, []);
    assert.notEqual(await linSees.page.title(), "taken over");
  });
}

test("a file of a room one is not in does not exist", async () => {
  const closed = await place.mira.makeRoom("mentors", [], { kind: "closed" });
  const file = await place.mira.upload(closed.id, "plan.txt", "text/plain", Buffer.from("plan"));
  await place.mira.post(closed.id, "The plan.", { files: [file.id] });
  const request = linSees.page.context().request;
  assert.equal((await request.get(place.server.url + file.url)).status(), 404);
  const nothing = file.url.replace(file.id, "f00000000000");
  assert.equal((await request.get(place.server.url + nothing)).status(), 404);
});
