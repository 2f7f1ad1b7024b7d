// Takes the set of pictures in docs/images again: `make screenshots`, or some of them:
// `node screenshots.mjs room phone`. They are looked at, beside the previous ones.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { castCall } from "./support/cast.mjs";
import { fillHarbour } from "./support/harbour.mjs";
import { Place } from "./support/place.mjs";
import { until } from "./support/until.mjs";

const OUT = join(import.meta.dirname, "../docs/images");
const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const heading = (screen) => screen.page.getByRole("heading", { level: 1 }).first().waitFor();

/** Five in the call of drive-train, one of whom shows a drawing; mira joins without a look at herself. */
async function inCall(screen, { people, rooms }) {
  const id = (key) => people[key].me.id;
  await castCall(screen.page, rooms.drive.id, [
    { id: id("jonas"), camera: true, speaking: true, screen: true },
    { id: id("lin"), camera: true },
    { id: id("priya"), camera: true, microphone: "muted" },
    { id: id("zhou"), microphone: "muted", hand: true },
    { id: id("mira"), camera: true, me: true },
  ]);
  await screen.page.addInitScript(() => {
    localStorage.setItem("plaza.call", JSON.stringify({ ask: false, startCamera: true }));
  });
  await screen.openRoom(rooms.drive.id);
  await screen.page
    .getByRole("button", { name: /^(Join the call|加入通话)/ })
    .first()
    .click();
  await screen.page.getByRole("toolbar", { name: /^(Call controls|通话控制)$/ }).waitFor();
  await until("every face to be drawn", () =>
    screen.page.evaluate(() =>
      [...document.querySelectorAll("figure video")].every((video) => video.videoWidth > 0),
    ),
  );
}

/** Every picture: who looks, on what, and what is done before it is taken. */
const PICTURES = {
  room: {
    async open(screen, { rooms, sockets }) {
      await screen.openRoom(rooms.drive.id);
      await until("somebody to type", async () => {
        await sockets.zhou.publish(`typing:${rooms.drive.id}`, { on: true });
        return screen.page.getByText("周然 is typing").isVisible();
      });
    },
  },
  "room-zh": { locale: "zh-CN", person: "lin", open: (screen, { rooms }) => screen.openRoom(rooms.drive.id) },
  lobby: { open: (screen, _, place) => screen.openRoom(place.lobby) },
  switcher: {
    async open(screen, { rooms }) {
      await screen.openRoom(rooms.drive.id);
      await screen.page.keyboard.press("ControlOrMeta+k");
      await screen.page.getByRole("dialog").waitFor();
      await screen.page.keyboard.type("shi");
      await screen.page.getByRole("option").first().waitFor();
    },
  },
  search: {
    async open(screen, { rooms }) {
      await screen.openRoom(rooms.drive.id);
      await screen.page.getByRole("button", { name: "Search", exact: true }).click();
      await screen.page.getByPlaceholder("Words that were said").fill("轮组");
      await screen.page.locator("mark").first().waitFor();
    },
  },
  members: {
    async open(screen, { rooms }) {
      await screen.openRoom(rooms.drive.id);
      await screen.page
        .getByRole("button", { name: /Members/ })
        .first()
        .click();
      await screen.page.getByText("Priya Nair").last().waitFor();
    },
  },
  settings: {
    async open(screen) {
      await screen.open("/settings/appearance");
      await heading(screen);
    },
  },
  admin: {
    async open(screen) {
      await screen.open("/admin/filter");
      await screen.page.getByRole("button", { name: "casino" }).click();
      await screen.page.getByText(/With this rule \d/).waitFor();
    },
  },
  people: {
    async open(screen) {
      await screen.open("/admin/people");
      await heading(screen);
    },
  },
  developers: {
    async open(screen) {
      await screen.open("/admin/connect");
      await screen.page.getByRole("button", { name: "Make a key and a secret" }).click();
      await screen.page.getByText(/let the user “alice” in/).waitFor();
    },
  },
  inspector: {
    async open(screen) {
      await screen.open("/admin/inspector");
      await screen.page.getByRole("row").nth(1).waitFor();
    },
  },
  call: { open: inCall },
  "call-zh": {
    async open(screen, harbour) {
      await screen.page.addInitScript(() => localStorage.setItem("plaza.locale", "zh"));
      await inCall(screen, harbour);
    },
  },
  "call-phone": { size: PHONE, open: inCall },
  empty: { open: (screen, { quiet }) => screen.openRoom(quiet.id) },
  error: {
    async open(screen) {
      await screen.open("/r/r00000000000");
      await screen.page.getByText("Nothing is at this address.").waitFor();
    },
  },
  offline: {
    async open(screen, { rooms }) {
      await screen.openRoom(rooms.vision.id);
      await screen.page.context().setOffline(true);
      await screen.page.getByText("Offline.").waitFor();
      await screen.say("The light on the dock is too hard after four.");
      await screen.say("Shall we try the polariser?");
      await screen.page.getByText(/2 messages wait/).waitFor();
    },
  },
  login: {
    stranger: true,
    async open(screen) {
      await screen.open("/login");
      await heading(screen);
    },
  },
  phone: { size: PHONE, open: (screen, { rooms }) => screen.openRoom(rooms.drive.id) },
  "phone-list": {
    size: PHONE,
    async open(screen) {
      await screen.open("/");
      const back = screen.page.getByRole("button", { name: /Back to the list/ });
      const list = screen.page.getByRole("navigation", { name: "Rooms and people" });
      await back.or(list).first().waitFor();
      if (await back.isVisible()) await back.click();
      await list.waitFor();
    },
  },
};

async function take(screen, file) {
  await screen.page.evaluate(() => document.fonts.ready);
  await until("every picture to be drawn", () =>
    screen.page.evaluate(() => [...document.images].every((image) => image.complete)),
  );
  // A room is drawn when its first row is there: a message, or the words with which it begins.
  if (await screen.log.isVisible()) {
    const begins = screen.log.getByText(/begins|is open/);
    await screen.log.getByRole("article").or(begins).first().waitFor();
  }
  await screen.page.screenshot({ path: join(OUT, `${file}.png`), animations: "disabled", caret: "hide" });
  console.log(`docs/images/${file}.png`);
  await screen.page.context().close();
}

/** The wizard needs a place that is not set up, and the first lobby one that just was. */
async function takeFirstMinutes(colorScheme) {
  const place = await Place.empty();
  try {
    const screen = await place.screen({ ...DESK, colorScheme });
    await screen.open("/");
    await screen.page.getByLabel("Name of the place").fill("Harbour Robotics");
    await screen.page.getByLabel("Your name").fill("Mira Castell");
    await screen.page.screenshot({ path: join(OUT, `wizard-${colorScheme}.png`), caret: "hide" });
    console.log(`docs/images/wizard-${colorScheme}.png`);
    await screen.page.getByLabel("Password", { exact: true }).fill("harbour-lantern");
    await screen.page.getByRole("button", { name: "Open the lobby" }).click();
    await screen.enter();
    await screen.page.getByRole("textbox", { name: "Invitation link" }).waitFor();
    await take(screen, `first-lobby-${colorScheme}`);
  } finally {
    await place.close();
  }
}

async function main(wanted) {
  await mkdir(OUT, { recursive: true });
  const want = (name) => wanted.length === 0 || wanted.includes(name);
  const place = await Place.open("Harbour Robotics");
  let harbour = null;
  try {
    harbour = await fillHarbour(place);
    harbour.quiet = await place.mira.makeRoom("quiet-corner");
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, picture] of Object.entries(PICTURES)) {
        if (!want(name)) continue;
        const options = { ...(picture.size ?? DESK), colorScheme, locale: picture.locale ?? "en-GB" };
        const person = harbour.people[picture.person ?? "mira"];
        const screen = picture.stranger ? await place.screen(options) : await place.screenOf(person, options);
        await picture.open(screen, harbour, place);
        await take(screen, `${name}-${colorScheme}`);
      }
      if (want("wizard")) await takeFirstMinutes(colorScheme);
    }
  } finally {
    for (const socket of Object.values(harbour?.sockets ?? {})) socket.disconnect();
    await place.close();
  }
}

await main(process.argv.slice(2));
