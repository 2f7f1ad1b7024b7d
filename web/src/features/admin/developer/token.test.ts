import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { signToken } from "./token";

it("a token carries its claims under the signature of the secret", async () => {
  const token = await signToken("0123abcd", { sub: "爱丽丝", exp: 2_000_000_000 });
  const [head = "", body = "", signature] = (token ?? "").split(".");
  expect(JSON.parse(Buffer.from(head, "base64url").toString())).toEqual({ alg: "HS256", typ: "JWT" });
  expect(JSON.parse(Buffer.from(body, "base64url").toString())).toEqual({
    sub: "爱丽丝",
    exp: 2_000_000_000,
  });
  expect(signature).toBe(createHmac("sha256", "0123abcd").update(`${head}.${body}`).digest("base64url"));
});
