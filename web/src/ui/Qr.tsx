import { generate } from "lean-qr";
import { useMemo } from "react";
import { qrPath } from "./QrPath";

export interface QrProps {
  text: string;
  /** What it opens, for those who cannot see it. */
  label: string;
  /** Edge in pixels, the quiet zone included. */
  size?: number;
}

/** Modules of white around the code that readers need. */
const QUIET = 3;

/** Dark on white in both themes: many phone cameras read no other. */
export function Qr({ text, label, size = 160 }: QrProps) {
  const code = useMemo(() => generate(text), [text]);
  const edge = code.size + 2 * QUIET;
  return (
    <svg
      viewBox={`${-QUIET} ${-QUIET} ${edge} ${edge}`}
      width={size}
      height={size}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      style={{ background: "#FFFFFF", borderRadius: "var(--r-small)", flex: "none" }}
    >
      <path d={qrPath(code)} fill="#1F1B17" />
    </svg>
  );
}
