import { describe, expect, it } from "vitest";
import { createStore } from "zustand/vanilla";
import { type CallState, idleCall } from "../src/media/call";
import { createFloor, floorAt, viewOf } from "../src/media/floor";
import {
  gridOf,
  inOrder,
  largeTile,
  listenersOf,
  noSpeech,
  SPEAKER_HOLD_MS,
  speechAt,
  tilesOf,
  visibleCount,
  withSpeakersVisible,
} from "../src/media/tiles";
import { picture, somebody } from "./call";
import { virtualTime } from "./make";

const keys = (...ids: string[]) => ids.map((id) => `${id}:camera`);
const people = (...ids: string[]) => ids.map((id) => somebody(id));

describe("tiles", () => {
  it("are one per person and one per screen", () => {
    const shown = tilesOf([somebody("ada", { screen: picture("s") }), somebody("bo")]);
    expect(shown.map(({ key }) => key)).toEqual(["ada:screen", "ada:camera", "bo:camera"]);
  });

  it("are not there for listeners, who stand in a line of their own", () => {
    const all = [somebody("ada"), somebody("bo", { mayPublish: false, microphone: "none" })];
    expect(tilesOf(all).map(({ key }) => key)).toEqual(keys("ada"));
    expect(listenersOf(all).map(({ id }) => id)).toEqual(["bo"]);
  });
});

describe("the order", () => {
  it("keeps every place when somebody comes or goes, and leaves me at the end", () => {
    const first = inOrder([], tilesOf([...people("ada", "bo"), somebody("me", { me: true })]));
    expect(first).toEqual(keys("ada", "bo", "me"));
    const more = inOrder(first, tilesOf([...people("cy", "bo", "ada"), somebody("me", { me: true })]));
    expect(more).toEqual(keys("ada", "bo", "cy", "me"));
    expect(inOrder(more, tilesOf(people("cy", "bo")))).toEqual(keys("bo", "cy"));
  });

  it("brings somebody who speaks out of sight into the place of the longest silent", () => {
    const all = [somebody("ada"), somebody("bo"), somebody("cy"), somebody("di", { speaking: true })];
    const spokeAt = { ada: 50, bo: 10, cy: 30 };
    expect(withSpeakersVisible(keys("ada", "bo", "cy", "di"), tilesOf(all), spokeAt, 3)).toEqual(
      keys("ada", "di", "cy", "bo"),
    );
  });

  it("moves nobody while those who speak are in sight", () => {
    const all = [somebody("ada", { speaking: true }), ...people("bo", "cy")];
    const order = keys("ada", "bo", "cy");
    expect(withSpeakersVisible(order, tilesOf(all), {}, 2)).toEqual(order);
  });
});

describe("the large tile", () => {
  const ask = (list: ReturnType<typeof people>, part = {}) =>
    largeTile({ tiles: tilesOf(list), pinned: null, before: null, speakingSince: {}, now: 10_000, ...part });

  it("is the pinned one before everything", () => {
    const list = [somebody("ada", { screen: picture("s") }), somebody("bo")];
    expect(ask(list, { pinned: "bo:camera" })).toBe("bo:camera");
    expect(ask(list, { pinned: "gone:camera" })).toBe("ada:screen");
  });

  it("is the screen of somebody else, and stays with it when a second one is shown", () => {
    const mine = somebody("me", { me: true, screen: picture("m") });
    expect(ask([mine, somebody("ada", { screen: picture("s") })])).toBe("ada:screen");
    const two = [somebody("ada", { screen: picture("s") }), somebody("bo", { screen: picture("t") })];
    expect(ask(two, { before: "bo:screen" })).toBe("bo:screen");
  });

  it("goes to who speaks after a moment, not at a cough", () => {
    const list = [somebody("ada"), somebody("bo", { speaking: true })];
    const before = "ada:camera";
    expect(ask(list, { before, speakingSince: { bo: 10_000 - SPEAKER_HOLD_MS + 1 } })).toBe(before);
    expect(ask(list, { before, speakingSince: { bo: 10_000 - SPEAKER_HOLD_MS } })).toBe("bo:camera");
  });

  it("stays with who speaks when a second one does, and with who spoke last in silence", () => {
    const both = [somebody("ada", { speaking: true }), somebody("bo", { speaking: true })];
    expect(ask(both, { before: "bo:camera", speakingSince: { ada: 0, bo: 5000 } })).toBe("bo:camera");
    expect(ask(people("ada", "bo"), { before: "bo:camera" })).toBe("bo:camera");
  });

  it("is never my own face while somebody else is there", () => {
    const mine = somebody("me", { me: true, speaking: true });
    expect(ask([mine], { before: null })).toBe("me:camera");
    expect(ask([mine, somebody("ada")], { before: "me:camera", speakingSince: { me: 0 } })).toBe(
      "ada:camera",
    );
  });
});

describe("the grid", () => {
  it.each([
    [1, 800, 600, 1],
    [2, 1000, 400, 2],
    [2, 390, 420, 1],
    [5, 1000, 600, 3],
    [12, 1000, 600, 4],
  ])("of %i tiles in %i by %i pixels has %i columns", (count, width, height, columns) => {
    const shape = gridOf(count, width, height);
    expect(shape.columns).toBe(columns);
    expect(shape.columns * shape.width + (shape.columns - 1) * 10).toBeLessThanOrEqual(width + 0.01);
    expect(shape.rows * shape.height + (shape.rows - 1) * 10).toBeLessThanOrEqual(height + 0.01);
  });

  it("shows fewer rather than stamps", () => {
    expect(visibleCount(12, 366, 300)).toBeLessThan(12);
    expect(visibleCount(60, 1000, 700)).toBeLessThanOrEqual(25);
    expect(visibleCount(0, 1000, 700)).toBe(0);
  });
});

describe("speech", () => {
  it("tells since when somebody speaks and when they were last heard", () => {
    const first = speechAt(noSpeech, [somebody("ada", { speaking: true })], 100);
    const second = speechAt(first, [somebody("ada", { speaking: true })], 300);
    expect(second).toEqual({ since: { ada: 100 }, spokeAt: { ada: 300 } });
    expect(speechAt(second, [somebody("ada")], 400)).toEqual({ since: {}, spokeAt: { ada: 300 } });
  });
});

describe("the floor", () => {
  it("shows a screen large by itself, and what was chosen before that", () => {
    const time = virtualTime();
    const session = createStore<CallState>(() => ({ ...idleCall, phase: { name: "in" } }));
    const floor = createFloor(session, time);
    session.setState({ people: people("ada", "bo") });
    expect(viewOf(floor.store.getState())).toBe("grid");
    session.setState({ people: [somebody("ada", { screen: picture("s") }), somebody("bo")] });
    expect(viewOf(floor.store.getState())).toBe("speaker");
    floor.show("grid");
    expect(viewOf(floor.store.getState())).toBe("grid");
    floor.pin("bo:camera");
    expect(viewOf(floor.store.getState())).toBe("speaker");
    expect(floor.store.getState().large).toBe("bo:camera");
    floor.pin("bo:camera");
    expect(floor.store.getState().pinned).toBeNull();
  });

  it("goes over to who speaks although nothing else happens", async () => {
    const time = virtualTime();
    const session = createStore<CallState>(() => ({ ...idleCall, phase: { name: "in" } }));
    const floor = createFloor(session, time);
    session.setState({ people: people("ada", "bo") });
    session.setState({ people: [somebody("ada"), somebody("bo", { speaking: true })] });
    expect(floor.store.getState().large).toBe("ada:camera");
    await time.pass(SPEAKER_HOLD_MS);
    expect(floor.store.getState().large).toBe("bo:camera");
  });

  it("lets a pin go with its tile", () => {
    const before = { ...floorAt(createFloorState(), people("ada", "bo"), 0), pinned: "bo:camera" };
    expect(floorAt(before, people("ada"), 1).pinned).toBeNull();
  });
});

function createFloorState() {
  const session = createStore<CallState>(() => idleCall);
  return createFloor(session, virtualTime()).store.getState();
}
