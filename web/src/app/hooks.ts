import { useMantineColorScheme } from "@mantine/core";
import { useEffect } from "react";
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
