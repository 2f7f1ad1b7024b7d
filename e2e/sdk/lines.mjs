// How every script in this folder tells what happened: one line per case, read by `cargo xtask
// test-sdk`: `PASS case`, `FAIL case: why`, `SKIP case: why`, and `DONE` behind the last.

/** Thrown by a case that cannot be run here. */
export class Skip extends Error {}

const oneLine = (text) => String(text).replaceAll(/\s+/g, " ").slice(0, 300);

/**
 * Runs the cases one after the other; `after` runs behind each, whatever came of it. A case that
 * takes longer than `patience` milliseconds has failed. Ends the process.
 */
export async function run(cases, { after = () => {}, patience = 15_000 } = {}) {
  const only = process.env.ONLY;
  let failed = 0;
  for (const [name, body] of Object.entries(cases)) {
    if (only !== undefined && !name.includes(only)) continue;
    let late;
    const limit = new Promise((_, fail) => {
      late = setTimeout(() => fail(new Error(`not done in ${patience} ms`)), patience);
    });
    try {
      await Promise.race([body(), limit]);
      console.log(`PASS ${name}`);
    } catch (error) {
      if (error instanceof Skip) {
        console.log(`SKIP ${name}: ${oneLine(error.message)}`);
      } else {
        failed += 1;
        console.log(`FAIL ${name}: ${oneLine(error?.message ?? JSON.stringify(error))}`);
      }
    } finally {
      clearTimeout(late);
      await after();
    }
  }
  console.log("DONE");
  process.exit(failed === 0 ? 0 : 1);
}
