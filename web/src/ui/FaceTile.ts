// The generated face: a tile of 2 by 2 quarters in one of twelve hues, drawn from an id. Pure; the same on every device.

/** Which corner of its quarter a shape hangs in: 0 top left, 1 top right, 2 bottom right, 3 bottom left. */
export type Corner = 0 | 1 | 2 | 3;

export type Quarter =
  | { shape: "disc"; corner: Corner; middle: boolean }
  | { shape: "wedge"; corner: Corner; middle: boolean }
  | { shape: "block"; middle: boolean }
  | { shape: "dot"; middle: boolean };

export interface FaceTile {
  /** 1 to 12: `--hue-n` is the ground, `--hue-n-light` the shapes. */
  hue: number;
  /** Top left, top right, bottom left, bottom right. `middle` is drawn between the two tones. */
  quarters: [Quarter, Quarter, Quarter, Quarter];
}

export const HUES = 12;
/** Edge of one quarter in the drawing's units; the tile is twice as wide. */
export const QUARTER = 50;

/** FNV-1a over the code units, then a finaliser, so that neighbouring ids look nothing alike. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Mulberry32: whole numbers below `n`, always the same row for the same seed. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}

/** Discs and wedges are what a face is made of; a block or a dot is the exception that gives it a look. */
const SHAPES = ["disc", "disc", "disc", "disc", "wedge", "wedge", "wedge", "block", "dot"] as const;

function quarter(roll: (n: number) => number, plain: boolean): Quarter {
  const shape = SHAPES[roll(plain ? 7 : SHAPES.length)] ?? "disc";
  const corner = roll(4) as Corner;
  return shape === "disc" || shape === "wedge" ? { shape, corner, middle: false } : { shape, middle: false };
}

const ACROSS: Record<Corner, Corner> = { 0: 1, 1: 0, 2: 3, 3: 2 };
const mirrored = (one: Quarter): Quarter =>
  "corner" in one ? { ...one, corner: ACROSS[one.corner] } : { ...one };
const odd = (one: Quarter) => one.shape === "block" || one.shape === "dot";

export function faceTile(id: string): FaceTile {
  const roll = dice(seedOf(id));
  const hue = 1 + roll(HUES);
  const quarters: FaceTile["quarters"] = [
    quarter(roll, false),
    quarter(roll, false),
    quarter(roll, false),
    quarter(roll, false),
  ];
  // One row mirrored in half of the faces: two quarters then read as one larger shape.
  const [mirror, topRow] = [roll(2) === 0, roll(2) === 0];
  if (mirror && topRow) quarters[1] = mirrored(quarters[0]);
  if (mirror && !topRow) quarters[3] = mirrored(quarters[2]);
  for (let i = 0, seen = 0; i < quarters.length; i += 1) {
    const one = quarters[i];
    if (one === undefined || !odd(one)) continue;
    seen += 1;
    if (seen > 2) quarters[i] = quarter(roll, true);
  }
  const shade = quarters[roll(4)];
  if (shade !== undefined) shade.middle = true;
  return { hue, quarters };
}

/** The outline of one quarter in tile units (0 to 100), for the `d` of an SVG path. */
export function quarterPath(one: Quarter, at: 0 | 1 | 2 | 3): string {
  const [x, y] = [(at % 2) * QUARTER, at > 1 ? QUARTER : 0];
  const [right, bottom] = [x + QUARTER, y + QUARTER];
  const r = QUARTER;
  if (one.shape === "block") return `M${x} ${y}H${right}V${bottom}H${x}Z`;
  if (one.shape === "dot") {
    const d = 19;
    return `M${x + r / 2 - d} ${y + r / 2}a${d} ${d} 0 1 0 ${2 * d} 0a${d} ${d} 0 1 0 ${-2 * d} 0Z`;
  }
  const arc = one.shape === "disc" ? `A${r} ${r} 0 0 1 ` : "L";
  switch (one.corner) {
    case 0:
      return `M${x} ${y}L${right} ${y}${arc}${x} ${bottom}Z`;
    case 1:
      return `M${right} ${y}L${right} ${bottom}${arc}${x} ${y}Z`;
    case 2:
      return `M${right} ${bottom}L${x} ${bottom}${arc}${right} ${y}Z`;
    case 3:
      return `M${x} ${bottom}L${x} ${y}${arc}${right} ${bottom}Z`;
  }
}
