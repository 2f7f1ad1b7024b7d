// Small pictures and hostile files, made here so that no binary lies in the repository.

import { crc32, deflateSync } from "node:zlib";

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8 + data.length + 4);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(checksum(body), 8 + data.length);
  return frame;
}

/** CRC-32 as PNG wants it; Node 20 has it only from 20.15. */
function checksum(bytes) {
  if (typeof crc32 === "function") return crc32(bytes);
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/**
 * A PNG of the given size.
 * @param {(x: number, y: number) => [number, number, number]} colour
 */
export function png(width, height, colour = (x, y) => [x % 256, y % 256, (x + y) % 256]) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows.set(colour(x, y), y * (width * 3 + 1) + 1 + x * 3);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

const SCRIPT = "document.title='taken over';parent.postMessage('taken over','*')";

/** A page that would act in its reader's name, were it opened as one. */
export const hostileHtml = Buffer.from(`<!doctype html><title>x</title><script>${SCRIPT}</script>`);

/** The same as a picture. */
export const hostileSvg = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="${SCRIPT}"><script>${SCRIPT}</script></svg>`,
);
