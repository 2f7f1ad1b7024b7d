// Calls with the real client and real media: three people in Chromium with fake devices. What arrives is measured at
// the far side, as decoded pixels and as loudness.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAKE_DEVICES } from "../support/browser.mjs";
import { Place } from "../support/place.mjs";
import { InCall } from "../support/stage.mjs";
import { until } from "../support/until.mjs";

let place;
let people;
let room;
/** Who is in the call; mira keeps order. */
let mira;
let lin;
let jonas;
/** The signalling sockets of lin's page, to be cut. */
const sockets = [];

before(async () => {
  place = await Place.open("Harbour Robotics", "", FAKE_DEVICES);
  people = { mira: place.mira, lin: await place.bring("林小满"), jonas: await place.bring("Jonas Feld") };
  room = await place.mira.makeRoom("drive-train", [people.lin, people.jonas]);
  const sit = async (person) => new InCall(await place.screenOf(person), person);
  [mira, lin, jonas] = await Promise.all(Object.values(people).map(sit));
  await lin.page.addInitScript(recogniser);
  await lin.page.routeWebSocket(/\/rtc/, (socket) => {
    socket.connectToServer();
    sockets.push(socket);
  });
});
after(() => place?.close());

/** Takes the server's UDP addresses away from the page, as a strict network does. */
function withoutUdp() {
  const real = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return real.call(this, { type, sdp: sdp.replace(/a=candidate:\S+ \d+ udp .*\r?\n/gi, "") });
  };
}

/** Chromium alone has no recogniser of speech: this one hears what the test says. */
function recogniser() {
  globalThis.SpeechRecognition = class {
    start() {
      globalThis.hearSentence = (transcript) => {
        const results = [Object.assign([{ transcript }], { isFinal: true })];
        this.onresult?.({ resultIndex: 0, results });
      };
    }
    stop() {}
  };
}

let broken = null;

/** What follows builds on what went before: after a failure the rest is not tried. */
function step(name, work) {
  test(name, async (context) => {
    if (broken !== null) return context.skip(`after “${broken}”`);
    try {
      await work();
    } catch (error) {
      broken = name;
      throw error;
    }
  });
}

step("one press starts a call, after a look at oneself", async () => {
  await mira.call(room.id);
  await mira.stage.getByText("You are the first one in.").waitFor();
  await until("my own camera", async () => (await mira.picture(mira.id)).moved > 0);
});

step("the others see the call in the list, in the talk, and come in with one press", async () => {
  await lin.screen.openRoom(room.id);
  const card = lin.page.getByRole("region", { name: "Call", exact: true });
  await card.getByText("1 person in the call").waitFor();
  await lin.page.getByText(/started a call$/).waitFor();
  await lin.screen.room("drive-train").getByText("1 person in the call").waitFor();
  await card.getByRole("button", { name: "Join" }).click();
  await lin.join();
  await jonas.call(room.id);
  for (const one of [mira, lin, jonas]) {
    await until(
      "three tiles",
      async () => (await one.page.locator("figure[data-kind=camera]").count()) === 3,
    );
  }
});

step("everybody sees and hears everybody", async () => {
  for (const one of [mira, lin, jonas]) {
    for (const other of [mira, lin, jonas]) await one.sees(other.id);
    await one.hears();
  }
});

step("who is muted is seen and is silent", async () => {
  await mira.button("Mute").click();
  await jonas.button("Mute").click();
  await lin.tile(mira.id).getByRole("img", { name: "Mira Castell, muted" }).waitFor();
  await lin.hearsNothing();
  await jonas.page.locator("body").press("m");
  await jonas.button("Mute").waitFor();
  await lin.hears();
});

step("the talk key opens the microphone while it is held", async () => {
  await mira.page.locator("body").click({ position: { x: 5, y: 5 } });
  await mira.page.keyboard.down(" ");
  await lin.tile(mira.id).getByRole("img", { name: "Mira Castell, muted" }).waitFor({ state: "detached" });
  await mira.page.keyboard.up(" ");
  await lin.tile(mira.id).getByRole("img", { name: "Mira Castell, muted" }).waitFor();
});

step("a hand is seen, and a reaction flies by", async () => {
  await lin.button("Raise the hand").click();
  await mira.tile(lin.id).getByRole("img", { name: "Hand raised" }).waitFor();
  await lin.button("Lower the hand").click();
  await mira.tile(lin.id).getByRole("img", { name: "Hand raised" }).waitFor({ state: "detached" });
  await lin.button("React").click();
  await lin.page.getByRole("button", { name: "React with 👏" }).click();
  await mira.page.getByText("林小满: 👏").waitFor({ state: "attached" });
});

step("what is said is shown as captions to who wants them", async () => {
  await mira.menu("Captions");
  await lin.menu("Captions");
  await lin.page.evaluate(() => globalThis.hearSentence("齿隙 0.08"));
  await mira.page.getByRole("region", { name: "Captions" }).getByText("齿隙 0.08").waitFor();
  await jonas.page.getByRole("region", { name: "Captions" }).waitFor({ state: "detached" });
  await lin.menu("Captions");
});

step("a shared screen is large for the others, until it is not shared any more", async () => {
  await jonas.button("Share the screen").click();
  await lin.sees(jonas.id, "screen");
  const width = await lin.tile(jonas.id, "screen").evaluate((tile) => tile.clientWidth);
  const small = await lin.tile(mira.id).evaluate((tile) => tile.clientWidth);
  assert.ok(width > small * 2, `${width} px beside ${small} px`);
  await jonas.button("Stop sharing the screen").click();
  await lin.tile(jonas.id, "screen").waitFor({ state: "detached" });
});

step("a camera that is turned off leaves the face, and comes back", async () => {
  await lin.button("Turn the camera off").click();
  await mira.tile(lin.id).locator("video").waitFor({ state: "detached" });
  await lin.button("Turn the camera on").click();
  await mira.sees(lin.id);
});

step("a moderator mutes somebody, who is told", async () => {
  await mira.tile(jonas.id).hover();
  await mira.tile(jonas.id).getByRole("button", { name: "Actions for Jonas Feld" }).click();
  await mira.page.getByRole("menuitem", { name: "Mute for everybody" }).click();
  await jonas.page.getByText("You were muted.").waitFor();
  await jonas.button("Unmute").click();
  await lin.tile(jonas.id).getByRole("img", { name: "Jonas Feld, muted" }).waitFor({ state: "detached" });
});

step("reading another room keeps the call in a corner", async () => {
  await lin.screen.room("Lobby").click();
  const small = lin.page.getByRole("complementary", { name: "Call in drive-train, goes on" });
  await small.getByRole("button", { name: "Back to drive-train" }).first().waitFor();
  await lin.hears();
  await small.getByRole("button", { name: "Back to drive-train" }).first().click();
  await lin.isIn();
  await lin.sees(mira.id);
});

step("a line that is cut heals by itself", async () => {
  const before = sockets.length;
  for (const socket of sockets) await socket.close({ code: 1001 }).catch(() => undefined);
  await until("a new socket", () => sockets.length > before, 30_000);
  await until(
    "the strip to go",
    async () => !(await lin.page.getByText("The line broke.").isVisible()),
    40_000,
  );
  await lin.sees(mira.id);
  await mira.sees(lin.id);
});

step("another device of the same person takes the call over", async () => {
  const second = new InCall(await place.screenOf(people.jonas), people.jonas);
  await second.call(room.id);
  await jonas.page.getByText("The call went on to another device of yours.").waitFor();
  await second.sees(lin.id);
  await jonas.page.getByRole("button", { name: "Bring it here" }).click();
  await jonas.isIn();
  await second.page.getByText("The call went on to another device of yours.").waitFor();
  await second.page.context().close();
  await jonas.sees(mira.id);
});

step("the server is killed, and everybody comes back by themselves", async () => {
  await place.server.kill();
  await mira.page.getByText("The line broke.").waitFor({ timeout: 30_000 });
  await place.server.up();
  for (const one of [mira, lin, jonas]) {
    for (const other of [mira, lin, jonas]) await one.sees(other.id, "camera", 90_000);
  }
});

step("a moderator removes somebody, who is told why", async () => {
  await mira.tile(jonas.id).hover();
  await mira.tile(jonas.id).getByRole("button", { name: "Actions for Jonas Feld" }).click();
  await mira.page.getByRole("menuitem", { name: "Remove from the call" }).click();
  await jonas.page.getByText("A moderator removed you from the call.").waitFor();
  await lin.tile(jonas.id).waitFor({ state: "detached" });
});

step("who leaves is gone, and the room remembers the call", async () => {
  await mira.button("Leave").click();
  await lin.tile(mira.id).waitFor({ state: "detached" });
  await lin.page.locator("body").press("Alt+l");
  // Somebody whose network changes may come back for some seconds.
  const goesOn = async () => (await people.mira.ask("GET", `/rooms/${room.id}/call`)).call !== null;
  await until("the call to end", async () => !(await goesOn()), 40_000);
  const { events } = await people.mira.ask("GET", `/rooms/${room.id}/events?limit=50`);
  const ended = events.filter(({ kind }) => kind === "call_ended");
  assert.ok(ended.length > 0);
  assert.ok(ended.every((event) => event.duration_ms > 0 && event.participants.length === 3));
  await lin.page
    .getByText(/talked for \d/)
    .last()
    .waitFor();
  await lin.page.getByRole("button", { name: "Start a call" }).waitFor();
});

step("a direct talk rings, and is answered or declined", async () => {
  const direct = await people.mira.ask("POST", "/rooms", {
    kind: "direct",
    name: "",
    topic: "",
    members: [people.lin.me.id],
  });
  await mira.call(direct.id);
  const ringing = lin.page.getByRole("alert", { name: "Mira Castell calls" });
  await ringing.getByRole("button", { name: "Decline" }).click();
  await ringing.waitFor({ state: "detached" });
  await mira.page.getByText("林小满 cannot come now").waitFor();
  await mira.button("Leave").click();
  await lin.screen.openRoom(direct.id);
  await lin.page.getByText("Mira Castell called, nobody answered").waitFor();
  await mira.page.getByRole("button", { name: "Start a call" }).click();
  await mira.join();
  await lin.page
    .getByRole("alert", { name: "Mira Castell calls" })
    .getByRole("button", { name: "Answer" })
    .click();
  await lin.join();
  await lin.sees(mira.id);
  await mira.sees(lin.id);
  await lin.button("Leave").click();
  await mira.button("Leave").click();
});

step("on a stage one listens, asks for the word and gets it", async () => {
  await people.mira.ask("PATCH", `/rooms/${room.id}`, { speakers: "chosen" });
  await mira.call(room.id);
  await jonas.screen.openRoom(room.id);
  await jonas.page
    .getByRole("button", { name: /^Join the call/ })
    .first()
    .click();
  await jonas.join();
  await jonas.sees(mira.id);
  assert.equal(await jonas.controls.getByRole("button", { name: /Mute|Unmute/ }).count(), 0);
  await mira.page.getByText("1 listens").waitFor();
  await jonas.button("Ask to speak").click();
  await mira.page.getByText("Jonas Feld wants to speak").waitFor();
  await mira.page.getByRole("button", { name: "Let speak" }).click();
  await jonas.page.getByText("You may speak now.").waitFor();
  await jonas.button("Unmute").click();
  await mira.hears();
  await jonas.button("Leave").click();
  await mira.button("Leave").click();
  await people.mira.ask("PATCH", `/rooms/${room.id}`, { speakers: "everyone" });
});

step("who may not use the microphone is told, and can listen", async () => {
  const screen = await place.screenOf(people.jonas);
  await screen.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException("not allowed", "NotAllowedError");
    };
  });
  const quiet = new InCall(screen, people.jonas);
  await quiet.screen.openRoom(room.id);
  await quiet.page.getByRole("button", { name: "Start a call" }).click();
  await quiet.page.getByText("The browser may not use your microphone.").waitFor();
  await quiet.page.getByRole("button", { name: "Start the call" }).click();
  await quiet.isIn();
  await quiet.page.getByRole("alert").getByText("The browser may not use your microphone.").waitFor();
  await quiet.button("Leave").click();
});

step("where UDP does not get through, sound and video come over TCP", async () => {
  const pair = [];
  for (const person of [people.mira, people.lin]) {
    const one = new InCall(await place.screenOf(person), person);
    await one.page.addInitScript(withoutUdp);
    await one.call(room.id);
    pair.push(one);
  }
  const [first, second] = pair;
  await first.sees(second.id);
  await second.hears();
  await first.menu("Statistics");
  await first.page.getByRole("region", { name: "Statistics" }).getByText("tcp", { exact: true }).waitFor();
  for (const one of pair) await one.page.context().close();
});

step("where nothing gets through, the stage says so", async () => {
  const walled = await Place.open(
    "Walled",
    '[calls]\naddresses = ["203.0.113.7"]\ntcp = false\n',
    FAKE_DEVICES,
  );
  try {
    const one = new InCall(await walled.screenOf(walled.mira), walled.mira);
    await one.screen.openRoom(walled.lobby);
    await one.page.getByRole("button", { name: "Start a call" }).click();
    await one.page.getByRole("button", { name: "Start the call" }).click();
    const words = one.page.getByText("The server answers, but sound and video do not get through.");
    await words.waitFor({ timeout: 40_000 });
  } finally {
    await walled.close();
  }
});

step("no page complained", () => {
  for (const one of [mira, lin, jonas]) one.screen.unharmed();
});
