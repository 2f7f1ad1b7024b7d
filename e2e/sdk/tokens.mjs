// Tokens as a developer's backend makes them: HS256 with the secret of examples/sdk.toml.

import { createHmac } from "node:crypto";

const SECRET = "secret";
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function token(claims, secret = SECRET) {
  const body = `${part({ typ: "JWT", alg: "HS256" })}.${part(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

/** Seconds since 1970, so many from now. */
export const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;
