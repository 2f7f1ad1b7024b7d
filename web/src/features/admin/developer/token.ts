// Tokens for connecting and for subscribing, signed in this page with a secret that was made in it. For trying out; a backend makes real ones.

/** What a token says: the user, and until when it holds (seconds since 1970). */
export interface Claims {
  sub: string;
  exp: number;
  /** In a token for subscribing: the one channel it is for. */
  channel?: string;
}

function base64Url(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const encode = (text: string) => new TextEncoder().encode(text);

/** Browsers sign only on https and on the machine itself: null elsewhere. HS256, RFC 7515 and 7519. */
export async function signToken(secret: string, claims: Claims): Promise<string | null> {
  if (globalThis.crypto?.subtle === undefined) return null;
  const head = base64Url(encode(JSON.stringify({ alg: "HS256", typ: "JWT" })));
  const body = `${head}.${base64Url(encode(JSON.stringify(claims)))}`;
  const way = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(secret), way, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, encode(body));
  return `${body}.${base64Url(new Uint8Array(signature))}`;
}
