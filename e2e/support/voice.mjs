// A voice for browsers without a microphone: the beep that they make themselves is too short to be
// taken for somebody who speaks.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RATE_HZ = 48_000;
const SECONDS = 10;

/** Samples of something like vowels: overtones of a pitch that wanders, four syllables a second. */
function samples() {
  const out = new Int16Array(RATE_HZ * SECONDS);
  let phase = 0;
  for (let at = 0; at < out.length; at += 1) {
    const time = at / RATE_HZ;
    phase += (2 * Math.PI * (140 + 30 * Math.sin(2 * Math.PI * 0.7 * time))) / RATE_HZ;
    let sum = 0;
    for (let overtone = 1; overtone <= 12; overtone += 1) sum += Math.sin(overtone * phase) / overtone;
    const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * time);
    out[at] = 9_000 * syllable * sum;
  }
  return out;
}

/** Writes it as a WAV file; gives the flag for the browser, and what removes the file again. */
export async function speak() {
  const sound = Buffer.from(samples().buffer);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + sound.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE_HZ, 24);
  head.writeUInt32LE(RATE_HZ * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(sound.length, 40);
  const folder = await mkdtemp(join(tmpdir(), "plaza-voice-"));
  const file = join(folder, "voice.wav");
  await writeFile(file, Buffer.concat([head, sound]));
  return {
    flag: `--use-file-for-fake-audio-capture=${file}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
