import { generate } from "lean-qr";
import { describe, expect, it } from "vitest";
import { qrPath } from "./QrPath";

describe("the path of a QR code", () => {
  it("joins the squares of a row", () => {
    const rows = ["##.#", "....", ".##.", "####"];
    const bits = { size: 4, get: (x: number, y: number) => rows[y]?.[x] === "#" };
    expect(qrPath(bits)).toBe("M0 0h2v1h-2zM3 0h1v1h-1zM1 2h2v1h-2zM0 3h4v1h-4z");
  });

  it("has a finder of seven squares in its first row", () => {
    expect(qrPath(generate("https://plaza.example/i/7Q4MXKTD"))).toMatch(/^M0 0h7v1h-7z/);
  });
});
