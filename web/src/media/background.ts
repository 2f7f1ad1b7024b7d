// A call behind other things: the screen of a phone stays on, and the buttons that systems and headsets have for calls
// do what they say. Everything here is a convenience: a browser without it lacks only that.

export interface CallButtons {
  toggleMicrophone(): void;
  toggleCamera(): void;
  leave(): void;
}

type Action = MediaSessionAction | "togglemicrophone" | "togglecamera" | "hangup";

function handle(action: Action, work: (() => void) | null): void {
  try {
    navigator.mediaSession?.setActionHandler(action as MediaSessionAction, work);
  } catch {
    // A browser that does not know this button.
  }
}

/** Offers the buttons until the answer is called. */
export function offerButtons(buttons: CallButtons): () => void {
  handle("togglemicrophone", buttons.toggleMicrophone);
  handle("togglecamera", buttons.toggleCamera);
  handle("hangup", buttons.leave);
  return () => {
    for (const action of ["togglemicrophone", "togglecamera", "hangup"] as const) handle(action, null);
  };
}

/** Keeps the screen on while the page is seen, until the answer is called. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  const take = () => {
    if (document.visibilityState !== "visible" || ended) return;
    navigator.wakeLock?.request("screen").then(
      (taken) => {
        if (ended) void taken.release();
        else lock = taken;
      },
      () => undefined,
    );
  };
  take();
  document.addEventListener("visibilitychange", take);
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", take);
    void lock?.release().catch(() => undefined);
  };
}
