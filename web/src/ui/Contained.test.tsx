// @vitest-environment happy-dom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Contained } from "./Contained";

function Breaks(): never {
  throw new Error("cannot be drawn");
}

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("a part that breaks is replaced, and its neighbours stay", () => {
  const page = document.createElement("div");
  act(() =>
    createRoot(page, { onCaughtError: () => undefined }).render(
      <>
        <Contained instead={<p>as it was typed</p>}>
          <Breaks />
        </Contained>
        <Contained instead={null}>
          <p>the next message</p>
        </Contained>
      </>,
    ),
  );
  expect(page.textContent).toBe("as it was typedthe next message");
});
