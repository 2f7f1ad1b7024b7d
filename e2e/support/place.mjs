// A place for one test file: a server, a browser, and people who are in.

import { launch, openPage } from "./browser.mjs";
import { Rest } from "./rest.mjs";
import { Screen } from "./screen.mjs";
import { Server } from "./server.mjs";

export const PASSWORD = "harbour-lantern";

export class Place {
  /** Starts a server and a browser, and sets the place up: `place.mira` owns it. */
  static async open(name = "Harbour Robotics", settings = "", flags = []) {
    const place = new Place();
    place.server = await Server.start(settings);
    place.browser = await launch(flags);
    place.mira = new Rest(place.server.url);
    place.lobby = await place.mira.setUp(name, "Mira Castell", PASSWORD);
    return place;
  }

  /** Starts them without setting anything up. */
  static async empty() {
    const place = new Place();
    place.server = await Server.start();
    place.browser = await launch();
    return place;
  }

  /** Brings in somebody with a password. */
  async bring(displayName, invite) {
    return this.mira.bring(displayName, PASSWORD, invite);
  }

  /** A browser that nobody has logged in on. */
  async screen(options) {
    return new Screen(await openPage(this.browser, options), this.server.url);
  }

  /** A browser in which this person has logged in: a session of its own. */
  async screenOf(person, options) {
    const session = await new Rest(this.server.url).logIn(person.me.name, PASSWORD);
    return this.screen({ ...options, cookie: session.cookie() });
  }

  async close() {
    await this.browser.close();
    await this.server.remove();
  }
}
