// Light, dark or as the system says. `data-theme` on the root switches the tokens, Mantine's own attribute follows.
import { localStorageColorSchemeManager, type MantineColorScheme } from "@mantine/core";

export const schemeManager = localStorageColorSchemeManager({ key: "plaza.scheme" });

const dark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function applyScheme(scheme: MantineColorScheme): void {
  const shown = scheme === "auto" ? (dark().matches ? "dark" : "light") : scheme;
  document.documentElement.dataset.theme = shown;
  document.documentElement.dataset.mantineColorScheme = shown;
}

/** Before the first paint, so that a dark page never flashes light. */
export function applyStoredScheme(): void {
  applyScheme(schemeManager.get("auto"));
}
