// The sound of a mention or a direct message: two soft notes, made by the browser itself, no file.

const NOTES_HZ = [587.33, 880] as const;
const NOTE_S = 0.09;
const FADE_S = 0.22;
const LOUDNESS = 0.08;

let context: AudioContext | null = null;

/** Browsers hold sound back until the page was clicked once; until then this is silent. */
export function playNotice(): void {
  context ??= new AudioContext();
  const { currentTime, destination } = context;
  for (const [at, frequency] of NOTES_HZ.entries()) {
    const start = currentTime + at * NOTE_S;
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.type = "sine";
    tone.frequency.value = frequency;
    level.gain.setValueAtTime(0, start);
    level.gain.linearRampToValueAtTime(LOUDNESS, start + 0.012);
    level.gain.exponentialRampToValueAtTime(0.0001, start + FADE_S);
    tone.connect(level).connect(destination);
    tone.start(start);
    tone.stop(start + FADE_S);
  }
}
