import { beforeEach, describe, expect, it } from "vitest";
import { createStore } from "zustand/vanilla";
import { ApiError } from "../src/client/error";
import { LinkError, type LinkEvents, type MediaLink } from "../src/media/link";
import { defaultPreferences } from "../src/media/preferences";
import { type CallSession, createSession, reasonOf } from "../src/media/session";
import { somebody } from "./call";
import { settled, virtualTime } from "./make";

/** A media client of which the test says what happens to it; it writes down what it was asked. */
function createWorld() {
  const time = virtualTime();
  const links: { events: LinkEvents; did: string[] }[] = [];
  const answers: { grant: Error | null; connect: Error | null; send: Error | null } = {
    grant: null,
    connect: null,
    send: null,
  };
  const preferences = createStore(() => ({ ...defaultPreferences, ask: false }));
  const session = createSession({
    me: () => "me",
    grant: async () => {
      if (answers.grant !== null) throw answers.grant;
      return { url: "ws://here", token: "t", expires_at: 0, speak: true, keep: false };
    },
    loadLink: async () => (_options, events) => {
      const did: string[] = [];
      links.push({ events, did });
      const link: MediaLink = {
        connect: async (url, token) => {
          did.push(`connect ${url} ${token}`);
          if (answers.connect !== null) throw answers.connect;
        },
        disconnect: async () => void did.push("disconnect"),
        send: async (source, on) => {
          did.push(`${source} ${on ? "on" : "off"}`);
          if (answers.send !== null) throw answers.send;
        },
        attach: () => () => undefined,
        useDevice: async (kind, id) => void did.push(`${kind} ${id}`),
        clean: async ({ noiseSuppression }) => void did.push(`noise ${noiseSuppression}`),
        setHand: async (up) => void did.push(`hand ${up}`),
        react: async (emoji) => void did.push(`react ${emoji}`),
        say: async ({ text }) => void did.push(`say ${text}`),
        startSound: async () => void did.push("sound"),
        reports: async () => [],
      };
      return link;
    },
    preferences,
    now: time.now,
    later: time.later,
    random: () => 0.5,
  });
  return { session, time, links, answers, preferences };
}

let world: ReturnType<typeof createWorld>;
let session: CallSession;
const phase = () => session.store.getState().phase;

beforeEach(async () => {
  world = createWorld();
  session = world.session;
});

describe("a session", () => {
  it("asks for the way in, connects, and sends what was wished", async () => {
    session.open("r1");
    await settled();
    expect(phase().name).toBe("in");
    expect(world.links[0]?.did).toEqual(["connect ws://here t", "microphone on"]);
  });

  it("says why the server refused", async () => {
    world.answers.grant = new ApiError("forbidden");
    session.open("r1");
    await settled();
    expect(phase()).toEqual({ name: "ended", reason: "refused" });
    expect(world.links).toEqual([]);
  });

  it("says that media did not get through", async () => {
    world.answers.connect = new LinkError("unreachable", "no pair");
    session.open("r1");
    await settled();
    expect(phase()).toEqual({ name: "ended", reason: "unreachable" });
  });

  it("comes back by itself after the server was gone, however long that took", async () => {
    session.open("r1");
    await settled();
    world.answers.grant = new ApiError("offline");
    world.links[0]?.events.onDropped("lost");
    expect(world.links[0]?.did.at(-1)).toBe("disconnect");
    await world.time.pass(60_000);
    expect(phase().name).toBe("reconnecting");
    world.answers.grant = null;
    await world.time.pass(10_000);
    expect(phase().name).toBe("in");
    expect(world.links).toHaveLength(2);
    expect(world.links[1]?.did).toContain("microphone on");
  });

  it("does not listen to the link of a join that is over", async () => {
    session.open("r1");
    await settled();
    const old = world.links[0]?.events;
    session.leave();
    session.open("r1");
    await settled();
    old?.onDropped("removed");
    old?.onPeople([somebody("ghost")]);
    expect(phase().name).toBe("in");
    expect(session.store.getState().people).toEqual([]);
  });

  it("does not join any more when one left before the way in was found", async () => {
    session.open("r1");
    session.leave();
    await settled();
    expect(phase().name).toBe("idle");
    expect(world.links).toEqual([]);
  });

  it("names the trouble of a device, and takes closing the list of screens for none", async () => {
    session.open("r1");
    await settled();
    world.answers.send = Object.assign(new Error(), { name: "NotAllowedError" });
    session.toggle("camera");
    await settled();
    expect(session.store.getState().troubles).toEqual({ camera: "refused" });
    session.toggle("screen");
    await settled();
    expect(session.store.getState().troubles).toEqual({ camera: "refused" });
    expect(session.store.getState().wish.screen).toBe(false);
  });

  it("takes a change of noise suppression over at once", async () => {
    session.open("r1");
    await settled();
    world.preferences.setState({ noiseSuppression: false });
    world.preferences.setState({ ringSound: false });
    expect(world.links[0]?.did.filter((done) => done.startsWith("noise"))).toEqual(["noise false"]);
  });

  it("starts muted with push to talk, and opens the microphone while the key is held", async () => {
    world.preferences.setState({ pushToTalk: true });
    session.open("r1");
    await settled();
    session.hold(true);
    await settled();
    session.hold(false);
    await settled();
    expect(world.links[0]?.did.slice(1)).toEqual(["microphone on", "microphone off"]);
  });

  it("shows my own reaction and lets it go", async () => {
    session.open("r1");
    await settled();
    session.react("👏");
    expect(session.store.getState().reactions).toHaveLength(1);
    expect(world.links[0]?.did).toContain("react 👏");
    await world.time.pass(10_000);
    expect(session.store.getState().reactions).toEqual([]);
  });
});

describe("a refusal", () => {
  it("is a reason with words of its own", () => {
    expect(reasonOf(new ApiError("not_found"))).toBe("missing");
    expect(reasonOf(new ApiError("conflict"))).toBe("full");
    expect(reasonOf(new ApiError("offline"))).toBe("gone");
    expect(reasonOf(new LinkError("unreachable", ""))).toBe("unreachable");
  });
});
