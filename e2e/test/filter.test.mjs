// The word filter: an operator's rule, tried before it is set, and what it does to a post.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place } from "../support/place.mjs";
import { until } from "../support/until.mjs";

let place;
let lin;
let admin;
let writer;

before(async () => {
  place = await Place.open();
  lin = await place.bring("林小满");
  await lin.post(place.lobby, "Cheap watches at the dock!");
  await lin.post(place.lobby, "The tide is high at nine.");
  admin = await place.screenOf(place.mira);
  writer = await place.screenOf(lin);
  await writer.openRoom(place.lobby);
});
after(() => place?.close());

const rule = (pattern, action) => ({
  pattern,
  kind: "keyword",
  action,
  ignore_separators: true,
  whole_word: false,
  enabled: true,
  note: "",
});

test("a rule is tried on what was said, and nobody is told", async () => {
  const dry = await place.mira.ask("POST", "/filter/dry-run", { rule: rule("cheap watches", "block") });
  assert.equal(dry.matched, 1);
  assert.ok(dry.examined >= 2);
  assert.equal(dry.samples[0].event.text, "Cheap watches at the dock!");
  assert.equal((await lin.messages(place.lobby)).length, 2);
});

test("an admin adds a rule on the page, with a dry run", async () => {
  await admin.open("/admin/filter");
  await admin.page.getByRole("button", { name: "New rule" }).click();
  const editor = admin.page.getByRole("form", { name: "New rule" });
  await editor.getByLabel("Words or phrase").fill("watches");
  await editor.getByLabel("Then").selectOption({ label: "Refuse the message" });
  await admin.page.getByText("With this rule 1 of 2 messages would have been refused.").waitFor();
  await admin.page.getByText("Cheap watches at the dock!").waitFor();
  await editor.getByRole("button", { name: "Save rule" }).click();
  await admin.page.getByRole("table").getByRole("button", { name: "watches" }).waitFor();
  const { rules } = await place.mira.ask("GET", "/filter/rules");
  assert.deepEqual(
    rules.map((one) => one.pattern),
    ["watches"],
  );
});

test("a masked word arrives masked, also when it is written to hide", async () => {
  await place.mira.ask("POST", "/filter/rules", rule("gearbox", "mask"));
  await writer.say("The gearbox and the g.e.a.r.b.o.x too.");
  const stored = async () => (await lin.messages(place.lobby)).at(-1).text;
  await until("the post to be stored", async () => /^The .* too\.$/.test(await stored()));
  assert.doesNotMatch(await stored(), /gearbox|g\.e\.a\.r/);
  assert.match(await stored(), /^The \S+ and the \S+ too\.$/);
  await writer.sees(await stored());
});

test("a blocked word is refused with the reason, in posts, edits and names", async () => {
  await place.mira.ask("POST", "/filter/rules", rule("加微信", "block"));
  await writer.say("快加 微 信");
  await writer.page.getByText("The word filter does not let this through.").waitFor();
  assert.ok((await lin.messages(place.lobby)).every((message) => !message.text.includes("微")));
  const [first] = await lin.messages(place.lobby);
  const edit = lin.ask("PATCH", `/rooms/${place.lobby}/messages/${first.seq}`, { text: "加微信" });
  await assert.rejects(edit, { code: "blocked_words" });
  await assert.rejects(lin.ask("PATCH", "/me", { display_name: "加微信 123" }), { code: "blocked_words" });
  await assert.rejects(lin.makeRoom("加微信"), { code: "blocked_words" });
  const file = lin.upload(place.lobby, "加微信.txt", "text/plain", Buffer.from("x"));
  await assert.rejects(file, { code: "blocked_words" });
});

test("what is only logged goes through and leaves a trace for the moderators", async () => {
  await place.mira.ask("POST", "/filter/rules", rule("harbour master", "log"));
  await writer.say("Ask the harbour master.");
  await writer.sees("Ask the harbour master.");
  await until("the rule to count its hit", async () => {
    const { rules } = await place.mira.ask("GET", "/filter/rules");
    return rules.find((one) => one.pattern === "harbour master").hits === 1;
  });
});

test("who is no moderator sees no rules", async () => {
  await assert.rejects(lin.ask("GET", "/filter/rules"), { code: "forbidden" });
});
