import { useCallback, useEffect, useState } from "react";
import { asApiError } from "../../client/error";
import type { ErrorCode } from "../../client/types";

const SHOWN_MS = 8000;

/** What was painted and then taken back, and why. */
export interface Refused {
  what: "reaction" | "deletion";
  code: ErrorCode;
}

/** The last refusal, for long enough to be read. */
export function useRefused() {
  const [refused, setRefused] = useState<Refused | null>(null);
  useEffect(() => {
    if (refused === null) return;
    const timer = setTimeout(() => setRefused(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [refused]);
  const onRefused = useCallback(
    (what: Refused["what"], error: unknown) => setRefused({ what, code: asApiError(error).code }),
    [],
  );
  return { refused, onRefused };
}
