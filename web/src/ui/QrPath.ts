// A QR code as one path of whole squares: runs in a row become one rectangle. Pure.

export interface Bits {
  size: number;
  get(x: number, y: number): boolean;
}

export function qrPath(bits: Bits): string {
  const parts: string[] = [];
  for (let y = 0; y < bits.size; y += 1) {
    for (let x = 0; x < bits.size; x += 1) {
      if (!bits.get(x, y)) continue;
      const from = x;
      while (x + 1 < bits.size && bits.get(x + 1, y)) x += 1;
      parts.push(`M${from} ${y}h${x + 1 - from}v1h${from - x - 1}z`);
    }
  }
  return parts.join("");
}
