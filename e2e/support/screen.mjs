// What a person does and sees on Plaza's page, found by the labels and texts that the page ships.

import { until } from "./until.mjs";

export class Screen {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.composer = page.getByRole("textbox", { name: /^(Message to|发消息到) / });
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

  /** Goes on from the page that greets a newcomer, if there is one, into the room. */
  async enter() {
    const onwards = this.page.getByRole("button", { name: /^Go to/ });
    await onwards.or(this.composer).first().waitFor();
    if (await onwards.isVisible()) await onwards.click();
    await this.composer.waitFor();
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

  /** The texts of the messages on the page, top to bottom, without names, times and buttons. */
  async texts() {
    return this.log.getByRole("article").evaluateAll((rows) =>
      rows.map((row) => {
        const copy = row.cloneNode(true);
        for (const part of copy.querySelectorAll("header, time, button, [role=toolbar]")) part.remove();
        return copy.textContent.trim();
      }),
    );
  }

  /** Chooses an action of a message, from its bar or from the menu behind it. */
  async act(text, name) {
    const row = this.message(text);
    await this.page.mouse.move(0, 0);
    await row.hover();
    await row.getByRole("toolbar").waitFor();
    const direct = row.getByRole("button", { name, exact: true });
    if ((await direct.count()) > 0) {
      await direct.click();
      return;
    }
    await row.getByRole("button", { name: "More", exact: true }).click();
    await this.page.getByRole("menuitem", { name, exact: true }).click();
  }

  /** Deletes a message and confirms it. */
  async remove(text) {
    await this.act(text, "Delete");
    const dialog = this.page.getByRole("dialog", { name: "Delete this message for everybody?" });
    await dialog.getByRole("button", { name: "Delete" }).click();
  }

  /** Reacts to a message with the first emoji that the word finds. */
  async react(text, word) {
    await this.act(text, "React");
    await this.page.getByRole("textbox", { name: "Find an emoji" }).fill(word);
    await this.page.keyboard.press("Enter");
  }

  /** The link of a room in the list. */
  room(name) {
    const list = this.page.getByRole("navigation", { name: "Rooms and people" });
    return list.getByRole("link", { name: new RegExp(name) }).first();
  }

  /** What the list says about a room: `{unread, mentions}`. */
  async counts(name) {
    const spoken = this.room(name).getByText(/^\d+ (unread|mentions?)$/);
    const counts = { unread: 0, mentions: 0 };
    for (const text of await spoken.allTextContents()) {
      counts[text.endsWith("unread") ? "unread" : "mentions"] = Number.parseInt(text, 10);
    }
    return counts;
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
