import { useMantineColorScheme } from "@mantine/core";
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { applyScheme } from "./theme/scheme";

/** Keeps `data-theme` on the root as the person chose, and follows the system when they chose nothing. */
export function useSchemeOnRoot(): void {
  const { colorScheme } = useMantineColorScheme();
  useEffect(() => {
    applyScheme(colorScheme);
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => applyScheme(colorScheme);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [colorScheme]);
}

/** The width of an element, as it changes; measured before the first paint. */
export function useElementWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const read = () => setWidth(element.clientWidth);
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
