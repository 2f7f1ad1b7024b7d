// What of a call is shown where: the window of its own, and the stage's way to fill the screen.
import { createStore, useStore } from "zustand";

interface Shown {
  /** The window that stays above other programs, while it is open. */
  apart: Window | null;
  /** Fills the screen with the stage; null while no stage is on the page. */
  fill: (() => void) | null;
}

export const shown = createStore<Shown>(() => ({ apart: null, fill: null }));

export const useShown = <T>(select: (state: Shown) => T): T => useStore(shown, select);

interface DocumentPip {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

function documentPip(): DocumentPip | undefined {
  return (window as { documentPictureInPicture?: DocumentPip }).documentPictureInPicture;
}

/** A whole window where the browser has one, else the browser's small player for one video, else nothing. */
export function canApart(): boolean {
  return documentPip() !== undefined || document.pictureInPictureEnabled === true;
}

/** Styles and theme go along: the other window is empty at first. All styles are our own, so their rules can be read. */
function dress(target: Document): void {
  const style = target.createElement("style");
  style.textContent = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText))
    .join("\n");
  target.head.append(style);
  for (const { name, value } of document.documentElement.attributes) {
    target.documentElement.setAttribute(name, value);
  }
  target.title = document.title;
}

/** To be called from a press: browsers open the window only then. */
export async function openApart(): Promise<void> {
  const pip = documentPip();
  if (pip === undefined) {
    const videos = [...document.querySelectorAll<HTMLVideoElement>("[data-person] video")];
    const largest = videos.sort((a, b) => b.clientWidth - a.clientWidth)[0];
    await largest?.requestPictureInPicture().catch(() => undefined);
    return;
  }
  try {
    const apart = await pip.requestWindow({ width: 360, height: 260 });
    dress(apart.document);
    apart.addEventListener("pagehide", () => shown.setState({ apart: null }));
    shown.setState({ apart });
  } catch {
    // Refused by the browser: the call stays where it is.
  }
}

export function closeApart(): void {
  shown.getState().apart?.close();
  shown.setState({ apart: null });
}
