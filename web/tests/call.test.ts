import { beforeEach, describe, expect, it } from "vitest";
import { type CallState, type Effect, type Input, idleCall, REJOIN_MS_MAX, step } from "../src/media/call";
import { somebody } from "./call";

const LINE = { type: "joined", keep: false, at: 1000 } as const;

/** A call on this device, driven by inputs, with what it asked to be done. */
function drive(start: CallState = idleCall) {
  let state = start;
  let effects: Effect[] = [];
  return {
    get state() {
      return state;
    },
    put(...inputs: Input[]): Effect[] {
      effects = [];
      for (const input of inputs) {
        const next = step(state, input);
        state = next.state;
        effects.push(...next.effects);
      }
      return effects;
    },
  };
}

const wish = (part: Partial<CallState["wish"]> = {}) => ({
  microphone: true,
  camera: false,
  screen: false,
  ...part,
});
const open = (ask: boolean, part = {}): Input => ({ type: "open", room: "r1", ask, wish: wish(part), at: 0 });
const me = (part = {}) => somebody("me", { me: true, ...part });

let call: ReturnType<typeof drive>;
beforeEach(() => {
  call = drive();
});

/** In a call with ada, my microphone on. */
function inCall() {
  call.put(open(false), LINE, { type: "sent", source: "microphone", problem: null });
  call.put({ type: "people", people: [somebody("ada"), me()] });
}

describe("opening a call", () => {
  it("shows the preview first when it shall ask", () => {
    expect(call.put(open(true))).toEqual([]);
    expect(call.state.phase).toEqual({ name: "previewing" });
    expect(call.put({ type: "join", wish: wish({ camera: true }) })).toEqual([{ do: "connect", room: "r1" }]);
    expect(call.state.phase.name).toBe("joining");
  });

  it("joins at once when it shall not", () => {
    expect(call.put(open(false))).toEqual([{ do: "connect", room: "r1" }]);
  });

  it("sends what was wished, and nothing else, once one is in", () => {
    call.put(open(false, { camera: true }));
    expect(call.put(LINE)).toEqual([
      { do: "send", source: "microphone", on: true },
      { do: "send", source: "camera", on: true },
    ]);
  });

  it("leaves the call of another room, and keeps the one of the same room", () => {
    inCall();
    expect(call.put(open(false))).toEqual([]);
    const other: Input = { type: "open", room: "r2", ask: false, wish: wish(), at: 5 };
    expect(call.put(other)).toEqual([{ do: "disconnect" }, { do: "connect", room: "r2" }]);
    expect(call.state.people).toEqual([]);
  });

  it("says why it was refused", () => {
    call.put(open(false));
    expect(call.put({ type: "refused", reason: "full", at: 1 })).toEqual([{ do: "disconnect" }]);
    expect(call.state.phase).toEqual({ name: "ended", reason: "full" });
    expect(call.state.room).toBe("r1");
  });
});

describe("what I send", () => {
  beforeEach(inCall);

  it("is switched by the wish, once", () => {
    expect(call.put({ type: "wish", source: "microphone", on: false })).toEqual([
      { do: "send", source: "microphone", on: false },
    ]);
    expect(call.put({ type: "wish", source: "microphone", on: false })).toEqual([]);
  });

  it("is opened by the talk key and closed again when it is let go", () => {
    call.put({ type: "wish", source: "microphone", on: false });
    expect(call.put({ type: "hold", on: true })).toEqual([{ do: "send", source: "microphone", on: true }]);
    expect(call.put({ type: "hold", on: false })).toEqual([{ do: "send", source: "microphone", on: false }]);
  });

  it("is not doubled by the talk key while the microphone is on", () => {
    expect(call.put({ type: "hold", on: true }, { type: "hold", on: false })).toEqual([]);
  });

  it("is not my wish any more when the device gives nothing, and the trouble has a name", () => {
    call.put({ type: "wish", source: "camera", on: true });
    call.put({ type: "sent", source: "camera", problem: "refused" });
    expect(call.state.wish.camera).toBe(false);
    expect(call.state.troubles).toEqual({ camera: "refused" });
    call.put({ type: "wish", source: "camera", on: true });
    expect(call.state.troubles).toEqual({});
  });

  it("was muted by somebody else when it stops without my doing", () => {
    call.put({ type: "people", people: [somebody("ada"), me({ microphone: "muted" })] });
    expect(call.state.wish.microphone).toBe(false);
    expect(call.state.notice).toBe("muted");
  });

  it("is not taken for muted while it is being switched on", () => {
    call.put({ type: "wish", source: "microphone", on: false });
    call.put({ type: "sent", source: "microphone", problem: null });
    call.put({ type: "wish", source: "microphone", on: true });
    call.put({ type: "people", people: [me({ microphone: "muted" })] });
    expect(call.state.wish.microphone).toBe(true);
    expect(call.state.notice).toBeNull();
  });

  it("ends with the browser's own button for the screen", () => {
    const screen = { sid: "s", width: 1, height: 1, paused: false };
    call.put({ type: "wish", source: "screen", on: true }, { type: "sent", source: "screen", problem: null });
    call.put({ type: "people", people: [me({ screen })] });
    expect(call.state.wish.screen).toBe(true);
    call.put({ type: "people", people: [me()] });
    expect(call.state.wish.screen).toBe(false);
  });
});

describe("a stage room", () => {
  beforeEach(inCall);

  it("takes the word away and gives it back, and says so", () => {
    call.put({ type: "people", people: [me({ mayPublish: false, microphone: "none" })] });
    expect(call.state.notice).toBe("may_not_speak");
    expect(call.state.wish.microphone).toBe(false);
    call.put({ type: "noticed" }, { type: "people", people: [me({ microphone: "none" })] });
    expect(call.state.notice).toBe("may_speak");
    // Having the word does not open the microphone.
    expect(call.state.wish.microphone).toBe(false);
  });
});

describe("a broken line", () => {
  beforeEach(inCall);

  it("keeps everybody's place while it heals", () => {
    call.put({ type: "line", healthy: false, at: 2000 });
    expect(call.state.phase).toEqual({ name: "reconnecting", since: 2000, attempt: 0 });
    call.put({ type: "people", people: [me({ microphone: "none" })] });
    expect(call.state.people.map(({ id }) => id)).toEqual(["me", "ada"]);
    expect(call.state.wish.microphone).toBe(true);
    expect(call.put({ type: "line", healthy: true, at: 4000 })).toEqual([
      { do: "send", source: "microphone", on: true },
    ]);
    expect(call.state.phase).toEqual({ name: "in" });
    call.put({ type: "people", people: [somebody("ada"), me()] });
    expect(call.state.people.map(({ id }) => id)).toEqual(["ada", "me"]);
  });

  it("is joined anew when the media client has given up, with growing waits", () => {
    const waits: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      const [effect] =
        turn === 0
          ? call.put({ type: "dropped", reason: "lost", at: 2000 })
          : call.put({ type: "refused", reason: "gone", at: 2000 + turn * 1000 });
      if (effect?.do !== "rejoin_later") throw new Error("no new join");
      waits.push(effect.delayMs);
      expect(call.put({ type: "rejoin" })).toEqual([{ do: "connect", room: "r1" }]);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(call.put({ type: "joined", keep: false, at: 20_000 })).toEqual([
      { do: "send", source: "microphone", on: true },
    ]);
    expect(call.state.phase).toEqual({ name: "in" });
    expect(call.state.joinedAt).toBe(1000);
  });

  it("is given up after a long time, with the reason", () => {
    call.put({ type: "dropped", reason: "lost", at: 0 });
    call.put({ type: "refused", reason: "gone", at: REJOIN_MS_MAX });
    expect(call.state.phase).toEqual({ name: "ended", reason: "gone" });
  });

  it("is not joined anew against the rules", () => {
    call.put({ type: "dropped", reason: "lost", at: 0 }, { type: "refused", reason: "refused", at: 10 });
    expect(call.state.phase).toEqual({ name: "ended", reason: "refused" });
  });

  it("does not share the screen again by itself", () => {
    call.put({ type: "wish", source: "screen", on: true }, { type: "dropped", reason: "lost", at: 0 });
    expect(
      call
        .put({ type: "joined", keep: false, at: 5 })
        .some((effect) => effect.do === "send" && effect.source === "screen"),
    ).toBe(false);
  });

  it("of a call that I have left means nothing", () => {
    expect(call.put({ type: "leave" })).toEqual([{ do: "disconnect" }]);
    expect(call.put({ type: "dropped", reason: "lost", at: 9 }, { type: "rejoin" })).toEqual([]);
    expect(call.state).toEqual(idleCall);
  });
});

describe("the end of a call", () => {
  beforeEach(inCall);

  it.each(["moved", "removed", "closed"] as const)("says that it was %s", (reason) => {
    expect(call.put({ type: "dropped", reason, at: 3 })).toEqual([{ do: "disconnect" }]);
    expect(call.state.phase).toEqual({ name: "ended", reason });
    expect(call.put({ type: "join", wish: wish() })).toEqual([{ do: "connect", room: "r1" }]);
  });
});

describe("what flies by", () => {
  beforeEach(inCall);

  it("is gone after its time", () => {
    call.put({ type: "reaction", from: "ada", emoji: "👏", at: 1000 });
    call.put({ type: "caption", caption: { id: "1", from: "ada", text: "so", final: false, at: 1000 } });
    call.put({ type: "tick", at: 4000 });
    expect(call.state.reactions).toHaveLength(1);
    call.put({ type: "tick", at: 60_000 });
    expect(call.state.reactions).toEqual([]);
    expect(call.state.captions).toEqual([]);
  });

  it("grows in its place when a sentence grows", () => {
    const said = (text: string, final: boolean): Input => ({
      type: "caption",
      caption: { id: "1", from: "ada", text, final, at: 1000 },
    });
    call.put(said("so", false), said("so we", false), said("so we begin", true));
    expect(call.state.captions.map(({ text }) => text)).toEqual(["so we begin"]);
  });
});
