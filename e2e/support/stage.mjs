// What a person sees, hears and does in a call, measured where it arrives: decoded pixels, and the loudness of sound.

import { until } from "./until.mjs";

export class InCall {
  constructor(screen, person) {
    this.screen = screen;
    this.page = screen.page;
    this.id = person.me.id;
    this.stage = this.page.getByRole("region", { name: /^Call in / });
    this.controls = this.page.getByRole("toolbar", { name: "Call controls" });
  }

  /** Presses the button in the room's head and, where it asks, joins with camera and microphone. */
  async call(room) {
    await this.screen.openRoom(room);
    await this.page.getByRole("button", { name: /^(Start a call|Join the call)/ }).click();
    await this.join();
  }

  /** From the preview into the call, with the camera on. */
  async join() {
    const preview = this.page.getByRole("region", { name: "Before you join" });
    await preview.waitFor();
    // What was chosen the last time is remembered.
    const off = preview.getByRole("button", { name: "Turn the camera on" });
    await off.or(preview.getByRole("button", { name: "Turn the camera off" })).waitFor();
    if (await off.isVisible()) await off.click();
    await preview.getByLabel("What the others will see").waitFor();
    await preview.getByRole("button", { name: /^(Start the call|Join)$/ }).click();
    await this.isIn();
  }

  async isIn() {
    await this.controls.waitFor({ timeout: 30_000 });
  }

  button(name) {
    return this.controls.getByRole("button", { name, exact: true });
  }

  async menu(name) {
    await this.button("More").click();
    await this.page.getByRole("menuitem", { name }).click();
  }

  /** The tile of a person; `kind` is camera or screen. */
  tile(person, kind = "camera") {
    return this.page.locator(`figure[data-person="${person}"][data-kind="${kind}"]`);
  }

  /** Two decoded pictures of somebody's video, a moment apart: how many colours, and whether it moves. */
  async picture(person, kind = "camera") {
    return this.tile(person, kind)
      .locator("video")
      .first()
      .evaluate(async (video) => {
        const look = () => {
          const canvas = document.createElement("canvas");
          canvas.width = 64;
          canvas.height = 48;
          const pen = canvas.getContext("2d");
          pen.drawImage(video, 0, 0, 64, 48);
          return pen.getImageData(0, 0, 64, 48).data;
        };
        const first = look();
        await new Promise((done) => setTimeout(done, 400));
        const second = look();
        const colours = new Set();
        let moved = 0;
        for (let at = 0; at < second.length; at += 4) {
          colours.add(`${second[at] >> 4},${second[at + 1] >> 4},${second[at + 2] >> 4}`);
          const change = [0, 1, 2].reduce(
            (sum, part) => sum + Math.abs(first[at + part] - second[at + part]),
            0,
          );
          if (change > 30) moved += 1;
        }
        return { width: video.videoWidth, colours: colours.size, moved };
      });
  }

  /** Waits until somebody's video arrives, decoded, and moves. */
  async sees(person, kind = "camera", timeoutMs = 40_000) {
    return until(
      `${person}'s ${kind} to move on the screen of ${this.id}`,
      async () => {
        const { width, colours, moved } = await this.picture(person, kind);
        return width > 0 && colours > 2 && moved > 0;
      },
      timeoutMs,
    );
  }

  /** The loudest that was heard of all sound that arrives, over some time, as a share of full scale. */
  async loudness(ms = 1600) {
    return this.page.evaluate(async (time) => {
      const context = new AudioContext();
      await context.resume();
      const analyser = context.createAnalyser();
      analyser.fftSize = 2048;
      for (const element of document.querySelectorAll("audio")) {
        if (element.srcObject?.getAudioTracks().length > 0)
          context.createMediaStreamSource(element.srcObject).connect(analyser);
      }
      const samples = new Float32Array(analyser.fftSize);
      let loudest = 0;
      const end = performance.now() + time;
      while (performance.now() < end) {
        analyser.getFloatTimeDomainData(samples);
        for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
        await new Promise((done) => setTimeout(done, 30));
      }
      await context.close();
      return loudest;
    }, ms);
  }

  async hears(timeoutMs = 30_000) {
    return until(`${this.id} to hear something`, async () => (await this.loudness()) > 0.02, timeoutMs);
  }

  async hearsNothing(timeoutMs = 30_000) {
    return until(`${this.id} to hear nothing`, async () => (await this.loudness(2500)) < 0.005, timeoutMs);
  }
}
