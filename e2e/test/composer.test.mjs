// Writing: by keyboard, in Chinese, and without losing what was begun.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

let place;
let screen;

before(async () => {
  place = await Place.open();
  screen = await place.screenOf(place.mira);
  await screen.openRoom(place.lobby);
});
after(() => place?.close());

/** Waits until the newest message that the server holds has this text. */
async function stored(text) {
  await until(`the server to hold ${JSON.stringify(text)}`, async () => {
    const newest = (await place.mira.messages(place.lobby)).at(-1);
    return newest?.text === text;
  });
}

test("Enter that ends an IME composition does not send", async () => {
  const session = await screen.page.context().newCDPSession(screen.page);
  await screen.composer.focus();
  await session.send("Input.imeSetComposition", { text: "ni'hao", selectionStart: 6, selectionEnd: 6 });
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
  await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
  await session.send("Input.insertText", { text: "你好" });
  await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter });
  assert.equal(await screen.composer.inputValue(), "你好");
  assert.deepEqual(await place.mira.messages(place.lobby), []);
  await screen.composer.press("Enter");
  await screen.sees("你好");
});

test("Shift+Enter breaks the line", async () => {
  await screen.composer.fill("first");
  await screen.composer.press("Shift+Enter");
  await screen.composer.pressSequentially("second");
  await screen.composer.press("Enter");
  await screen.sees("second");
  await stored("first\nsecond");
});

test("arrow-up in an empty composer edits one's last message", async () => {
  await screen.say("Meet at the peir.");
  await screen.sees("peir");
  await screen.composer.press("ArrowUp");
  const field = screen.page.getByRole("textbox").and(screen.page.locator(":focus"));
  await field.fill("Meet at the pier.");
  await field.press("Enter");
  await screen.sees("Meet at the pier.");
  await stored("Meet at the pier.");
});

test("a draft is there again after a reload", async () => {
  await screen.composer.fill("Half a thought");
  await screen.page.waitForFunction(() => true);
  await screen.page.reload();
  await screen.composer.waitFor();
  await screen.page.waitForFunction(() =>
    [...document.querySelectorAll("textarea")].some((area) => area.value === "Half a thought"),
  );
});

test("a message that is refused says why and stays", async () => {
  await screen.composer.fill("");
  await place.mira.ask("POST", "/filter/rules", {
    pattern: "forbidden-fruit",
    kind: "keyword",
    action: "block",
    ignore_separators: false,
    whole_word: false,
    enabled: true,
    note: "",
  });
  await screen.say("A forbidden-fruit salad");
  await screen.page.getByText("The word filter does not let this through.").waitFor();
  await screen.page.getByText("A forbidden-fruit salad").first().waitFor();
});
