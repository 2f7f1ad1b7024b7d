// The browser's own speech recognition, where there is one: sentences as they are heard, with an id that stays while a
// sentence grows. Some browsers send the sound to their maker for this, so it runs only when it was chosen.

interface Result {
  readonly isFinal: boolean;
  readonly [index: number]: { readonly transcript: string } | undefined;
}

interface Recognition {
  continuous: boolean;
  interimResults: boolean;
  lang: string;
  onresult: ((event: { resultIndex: number; results: ArrayLike<Result> }) => void) | null;
  onend: (() => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  start(): void;
  stop(): void;
}

type RecognitionClass = new () => Recognition;

function recognitionClass(): RecognitionClass | undefined {
  const scope = globalThis as {
    SpeechRecognition?: RecognitionClass;
    webkitSpeechRecognition?: RecognitionClass;
  };
  return scope.SpeechRecognition ?? scope.webkitSpeechRecognition;
}

export function canRecognise(): boolean {
  return recognitionClass() !== undefined;
}

/** Errors after which trying again is no use. */
const FINAL_ERRORS = new Set([
  "not-allowed",
  "service-not-allowed",
  "language-not-supported",
  "audio-capture",
]);
/** A growing sentence is told at most this often. */
const INTERIM_EVERY_MS = 600;

/** Listens until the answer is called. A browser that will not is left alone: captions of others are shown all the same. */
export function recognise(
  lang: string,
  onSentence: (sentence: { id: string; text: string; final: boolean }) => void,
): () => void {
  const Recogniser = recognitionClass();
  if (Recogniser === undefined) return () => undefined;
  const recogniser = new Recogniser();
  let running = true;
  let round = 0;
  let toldAt = 0;
  recogniser.continuous = true;
  recogniser.interimResults = true;
  recogniser.lang = lang;
  recogniser.onresult = ({ resultIndex, results }) => {
    for (let index = resultIndex; index < results.length; index += 1) {
      const result = results[index];
      const text = result?.[0]?.transcript.trim() ?? "";
      if (result === undefined || text === "") continue;
      const now = Date.now();
      if (!result.isFinal && now - toldAt < INTERIM_EVERY_MS) continue;
      toldAt = now;
      onSentence({ id: `${round}-${index}`, text, final: result.isFinal });
    }
  };
  recogniser.onerror = ({ error }) => {
    if (FINAL_ERRORS.has(error)) running = false;
  };
  // Browsers end it by themselves after a silence.
  recogniser.onend = () => {
    round += 1;
    if (running) recogniser.start();
  };
  recogniser.start();
  return () => {
    running = false;
    recogniser.stop();
  };
}
