// The sound of a call that comes in: two soft notes, again and again, made by the browser itself.

const NOTES_HZ = [523.25, 659.25] as const;
const NOTE_S = 0.18;
const FADE_S = 0.5;
const LOUDNESS = 0.09;
const EVERY_MS = 2200;

function playOnce(context: AudioContext): void {
  for (const [at, frequency] of NOTES_HZ.entries()) {
    const start = context.currentTime + at * NOTE_S;
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.type = "sine";
    tone.frequency.value = frequency;
    level.gain.setValueAtTime(0, start);
    level.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, start + FADE_S);
    tone.connect(level).connect(context.destination);
    tone.start(start);
    tone.stop(start + FADE_S);
  }
}

/** Rings until the answer is called. Silent while the browser holds sound back because nothing was pressed yet. */
export function ring(): () => void {
  const context = new AudioContext();
  playOnce(context);
  const timer = setInterval(() => playOnce(context), EVERY_MS);
  return () => {
    clearInterval(timer);
    void context.close().catch(() => undefined);
  };
}
