// @vitest-environment happy-dom
import { act, type ReactNode } from "react";
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

it("another part in its place is tried anew", () => {
  const page = document.createElement("div");
  const root = createRoot(page, { onCaughtError: () => undefined });
  const draw = (about: string, part: ReactNode) =>
    act(() =>
      root.render(
        <Contained instead="broken" about={about}>
          {part}
        </Contained>,
      ),
    );
  draw("one", <Breaks />);
  expect(page.textContent).toBe("broken");
  draw("one", "well");
  expect(page.textContent).toBe("broken");
  draw("two", "well");
  expect(page.textContent).toBe("well");
});
