// Headless Chromium, and people who sit in front of it.

import { chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a browser writes to its console on a bad day, and what no test has to worry about. */
const EXPECTED = [/Failed to load resource/, /WebSocket connection to/, /net::ERR_/];

/** A camera and a microphone that need no hardware and no permission, and media over this machine. */
export const FAKE_DEVICES = [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
  "--allow-loopback-in-peer-connection",
  "--disable-dev-shm-usage",
];

/** Starts the browser. */
export async function launch(flags = []) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}

/**
 * Opens a page in a browser profile of its own. Gives the page; `page.complaints` collects errors of
 * the page's own scripts, which every test may ask to be none.
 */
export async function openPage(browser, { cookie, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    colorScheme: "light",
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(15_000);
  if (cookie) await context.addCookies([cookie]);
  const page = await context.newPage();
  watch(page);
  return page;
}

/** Another tab of the same profile. */
export async function openTab(page) {
  const tab = await page.context().newPage();
  watch(tab);
  return tab;
}

function watch(page) {
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !EXPECTED.some((known) => known.test(text))) {
      page.complaints.push(text);
    }
  });
}
