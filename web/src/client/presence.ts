// Whether I am here or away: away after five minutes without a key or a pointer, or one with the page out of sight.
import type { TimeMs } from "./types";

export const IDLE_AWAY_MS = 5 * 60_000;
export const HIDDEN_AWAY_MS = 60_000;

export interface ActivityState {
  inputAt: TimeMs;
  hiddenAt: TimeMs | null;
}

/** Pure: what to tell the server now. */
export function presenceAt(state: ActivityState, now: TimeMs): "active" | "away" {
  if (state.hiddenAt !== null && now - state.hiddenAt >= HIDDEN_AWAY_MS) return "away";
  return now - state.inputAt >= IDLE_AWAY_MS ? "away" : "active";
}

export interface PresenceWorld {
  send(state: "active" | "away"): Promise<unknown>;
  now(): TimeMs;
}

export interface PresenceWatch {
  /** Tells the state even when it did not change: a new connection knows nothing. */
  tell(): void;
  stop(): void;
}

const LOOK_EVERY_MS = 15_000;

/** Watches the page's input. Needs `window` and `document`. */
export function watchPresence(world: PresenceWorld): PresenceWatch {
  const state: ActivityState = { inputAt: world.now(), hiddenAt: document.hidden ? world.now() : null };
  let told: "active" | "away" | null = null;
  const look = () => {
    const value = presenceAt(state, world.now());
    if (value === told) return;
    told = value;
    world.send(value).catch(() => {
      told = null;
    });
  };
  const onInput = () => {
    state.inputAt = world.now();
    if (told === "away") look();
  };
  const onVisibility = () => {
    state.hiddenAt = document.hidden ? world.now() : null;
    if (!document.hidden) onInput();
  };
  const inputs = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;
  for (const name of inputs) window.addEventListener(name, onInput, { passive: true });
  document.addEventListener("visibilitychange", onVisibility);
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    tell() {
      told = null;
      look();
    },
    stop() {
      clearInterval(timer);
      for (const name of inputs) window.removeEventListener(name, onInput);
      document.removeEventListener("visibilitychange", onVisibility);
    },
  };
}
