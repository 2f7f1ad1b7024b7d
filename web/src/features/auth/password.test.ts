import { describe, expect, it } from "vitest";
import { passwordFeedback } from "./password";

describe("the line under a password", () => {
  it("tells how many characters are missing", () => {
    expect(passwordFeedback("harbour", 10)).toEqual({ chars: 7, missing: 3, good: false });
  });

  it("is content from the shortest allowed length on", () => {
    expect(passwordFeedback("0123456789", 10)).toEqual({ chars: 10, missing: 0, good: true });
  });

  it("counts signs, not code units", () => {
    expect(passwordFeedback("密码🔑", 10).chars).toBe(3);
  });
});
