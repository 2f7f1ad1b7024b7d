// Waiting for a condition, never for time.

const LOOK_EVERY_MS = 50;

/**
 * Calls `probe` until it gives something true, and gives that.
 * @param {string} what what is waited for, as the message of a failure
 * @param {() => Promise<unknown> | unknown} probe
 */
export async function until(what, probe, timeoutMs = 15_000) {
  const start = Date.now();
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() - start > timeoutMs) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${timeoutMs} ms for: ${what}; last seen: ${seen}`);
    }
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
  }
}
