// Keys and scrolling of pages with a left menu.
import { type RefObject, useEffect } from "react";

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `/` puts the cursor into the field, unless one is writing elsewhere. */
export function useSlashKey(field: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [field]);
}

/** A page may still be loading when one of its settings is asked for: looked for in so many frames. */
const FRAMES_MAX = 60;

/** Scrolls the setting with this id into view and puts the focus on it, as soon as it is on the page. */
export function useReveal(id: string | null, onDone: () => void): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new id starts a new search.
  useEffect(() => {
    if (id === null) return;
    let frame = 0;
    let left = FRAMES_MAX;
    const look = () => {
      const found = document.getElementById(id);
      left -= 1;
      if (found === null && left > 0) {
        frame = requestAnimationFrame(look);
        return;
      }
      found?.scrollIntoView({ block: "center" });
      found?.focus();
      onDone();
    };
    frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [id]);
}
