import { type MarkState, SQUARE, TILES } from "./MarkSvg";

export interface MarkProps {
  size?: number;
  /** What stands in the open square. */
  state?: MarkState;
}

const SQUARE_INK: Record<MarkState, string> = { quiet: "none", mention: "var(--accent)", call: "var(--ok)" };

/** Four tiles around an open square. Decorative: the name of the place stands beside it. */
export function Mark({ size = 20, state = "quiet" }: MarkProps) {
  const [x, y, width, height] = SQUARE;
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" style={{ flex: "none" }}>
      <g fill={state === "quiet" ? "var(--accent)" : "var(--text)"}>
        {TILES.map(([left, top, wide, high]) => (
          <rect key={`${left} ${top}`} x={left} y={top} width={wide} height={high} rx="1" />
        ))}
      </g>
      <rect x={x} y={y} width={width} height={height} rx="1" fill={SQUARE_INK[state]} />
    </svg>
  );
}
