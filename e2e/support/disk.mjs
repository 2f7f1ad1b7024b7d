// What lies in the data directory, byte for byte.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The files below `folder` that contain this text anywhere. */
export async function filesWith(folder, text) {
  const wanted = Buffer.from(text);
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(wanted)) found.push(path);
  }
  return found;
}
