// Fails when the first load or a lazy chunk is heavier than its budget. Reads web/dist, so build first.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KB = 1024;
const FIRST_JS_BYTES_MAX = 280 * KB;
const FIRST_CSS_BYTES_MAX = 30 * KB;
const LAZY_CHUNK_BYTES_MAX = 80 * KB;
/** The media client of calls is one package, and fetched when the first call begins. */
const MEDIA_CHUNK_BYTES_MAX = 150 * KB;

const dist = new URL("../dist/", import.meta.url).pathname;
const html = readFileSync(join(dist, "index.html"), "utf8");
const assets = readdirSync(join(dist, "assets")).filter((name) => /\.(js|css)$/.test(name));
const first = { js: 0, css: 0 };
const failures = [];

for (const name of assets) {
  const bytes = gzipSync(readFileSync(join(dist, "assets", name)), { level: 9 }).length;
  const eager = html.includes(`assets/${name}`);
  const kind = name.endsWith(".js") ? "js" : "css";
  const allowed = name.startsWith("livekit-") ? MEDIA_CHUNK_BYTES_MAX : LAZY_CHUNK_BYTES_MAX;
  if (eager) first[kind] += bytes;
  else if (bytes > allowed) failures.push(`${name}: ${(bytes / KB).toFixed(1)} KB, ${allowed / KB} allowed`);
  console.log(`${(bytes / KB).toFixed(1).padStart(7)} KB gz  ${eager ? "first" : "lazy "}  ${name}`);
}
if (first.js > FIRST_JS_BYTES_MAX)
  failures.push(`first load: ${(first.js / KB).toFixed(1)} KB of JS, 280 allowed`);
if (first.css > FIRST_CSS_BYTES_MAX)
  failures.push(`first load: ${(first.css / KB).toFixed(1)} KB of CSS, 30 allowed`);
console.log(`first load: JS ${(first.js / KB).toFixed(1)} KB gz, CSS ${(first.css / KB).toFixed(1)} KB gz`);
for (const failure of failures) console.error(failure);
process.exit(failures.length > 0 ? 1 : 0);
