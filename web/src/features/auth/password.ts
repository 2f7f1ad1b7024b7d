// What is said under a password field while one types. Pure.

export interface PasswordFeedback {
  /** Characters as a person counts them: code points. */
  chars: number;
  missing: number;
  good: boolean;
}

export function passwordFeedback(password: string, charsMin: number): PasswordFeedback {
  const chars = [...password].length;
  return { chars, missing: Math.max(0, charsMin - chars), good: chars >= charsMin };
}
