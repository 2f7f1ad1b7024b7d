/** Spread into every Tabler icon: one size, one stroke. */
export const ICON = { size: 18, stroke: 1.75, "aria-hidden": true } as const;
export const ICON_SMALL = { size: 16, stroke: 1.75, "aria-hidden": true } as const;
export const ICON_LARGE = { size: 22, stroke: 1.75, "aria-hidden": true } as const;
