// What a person does and sees on Plaza's page, found by the labels and texts that the page ships.

import { until } from "./until.mjs";

export class Screen {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.composer = page.getByRole("textbox", { name: /^Message to / });
    this.log = page.getByRole("log");
  }

  /** Opens a path of the app. */
  async open(path = "/") {
    await this.page.goto(`${this.url}${path}`);
    return this;
  }

  /** Opens a room and waits until its messages are there. */
  async openRoom(id) {
    await this.open(`/r/${id}`);
    await this.composer.waitFor();
    return this;
  }

  /** Writes and sends, as one does by keyboard. */
  async say(text) {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** The row of the message that contains this text. */
  message(text) {
    return this.log.getByRole("article").filter({ hasText: text }).last();
  }

  /** Waits until a message with this text is on the page. */
  async sees(text) {
    await this.message(text).waitFor();
  }

  /** The texts of the messages on the page, top to bottom. */
  async texts() {
    const rows = this.log.getByRole("article");
    return rows.evaluateAll((found) =>
      found.map((row) => row.querySelector("[data-text]")?.textContent?.trim() ?? row.textContent.trim()),
    );
  }

  /** Chooses an action from the bar of a message. */
  async act(text, name) {
    const row = this.message(text);
    await row.hover();
    await row.getByRole("button", { name, exact: true }).click();
  }

  /** The link of a room in the list. */
  room(name) {
    return this.page.getByRole("navigation").getByRole("link", { name: new RegExp(name) });
  }

  /** Fails when the page's scripts complained. */
  unharmed() {
    if (this.page.complaints.length > 0) {
      throw new Error(`the page complained:\n${this.page.complaints.join("\n")}`);
    }
  }

  /** Waits until the texts on the page end with these, in this order. */
  async endsWith(expected) {
    await until(`the page to end with ${JSON.stringify(expected)}`, async () => {
      const texts = await this.texts();
      return JSON.stringify(texts.slice(-expected.length)) === JSON.stringify(expected);
    });
  }
}
