// What is chosen for this device only: kept in the browser, never sent.

export type Density = "comfortable" | "compact";

export interface NoticeChoice {
  /** Browser notifications for mentions and direct messages while the page is open. */
  notify: boolean;
  sound: boolean;
}

const DENSITY = "plaza.density";
const NOTICES = "plaza.notices";

export function storedDensity(): Density {
  return localStorage.getItem(DENSITY) === "compact" ? "compact" : "comfortable";
}

/** The timeline's style sheets read `data-density` on the root. */
export function applyDensity(density: Density): void {
  document.documentElement.dataset.density = density;
}

/** Before the first paint, beside the stored scheme. */
export function applyStoredDensity(): void {
  applyDensity(storedDensity());
}

export function keepDensity(density: Density): void {
  localStorage.setItem(DENSITY, density);
  applyDensity(density);
}

export function storedNotices(): NoticeChoice {
  const kept = localStorage.getItem(NOTICES) ?? "";
  return { notify: kept.includes("notify"), sound: kept.includes("sound") };
}

export function keepNotices(choice: NoticeChoice): void {
  localStorage.setItem(NOTICES, `${choice.notify ? "notify " : ""}${choice.sound ? "sound" : ""}`.trim());
}
