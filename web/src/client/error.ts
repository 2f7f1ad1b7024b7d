// One error type for REST and socket: the code is what programs read, the detail is a sentence for a person.
import { ERROR_CODES, type ErrorCode } from "./types";

const KNOWN: ReadonlySet<string> = new Set(ERROR_CODES);
/** Codes that may pass by waiting; everything else is the rules' last word. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "offline",
  "busy",
  "read_only",
  "shutting_down",
  "fault",
  "rate_limited",
]);

export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly field: string | null;
  readonly retryAfterMs: number | null;
  readonly requestId: string | null;

  constructor(
    code: ErrorCode,
    about: {
      detail?: string | undefined;
      status?: number | undefined;
      field?: string | undefined;
      retryAfterMs?: number | undefined;
      requestId?: string | undefined;
    } = {},
  ) {
    super(about.detail ?? code);
    this.name = "ApiError";
    this.code = code;
    this.status = about.status ?? 0;
    this.field = about.field ?? null;
    this.retryAfterMs = about.retryAfterMs ?? null;
    this.requestId = about.requestId ?? null;
  }

  /** True when the same request may succeed later without a change. */
  get temporary(): boolean {
    return TEMPORARY.has(this.code);
  }
}

/** A code this client does not know counts as a fault, so that a newer server is never a crash. */
export function errorCodeOf(code: unknown): ErrorCode {
  return typeof code === "string" && (KNOWN.has(code) || code === "offline") ? (code as ErrorCode) : "fault";
}

/** Any thrown value as an ApiError. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("fault", { detail: error instanceof Error ? error.message : String(error) });
}
