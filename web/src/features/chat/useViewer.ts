import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

const SWIPE_PX = 60;

export function useViewer(count: number, start: number) {
  const [index, setIndex] = useState(start);
  const [zoomed, setZoomed] = useState(false);
  const pressX = useRef(0);
  const step = (by: number) => {
    setZoomed(false);
    setIndex((now) => Math.max(0, Math.min(count - 1, now + by)));
  };
  return {
    index,
    zoomed,
    step,
    toggleZoom: () => setZoomed((now) => !now),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "ArrowRight") step(1);
      if (event.key === "ArrowLeft") step(-1);
    },
    onPointerDown: (event: PointerEvent) => {
      pressX.current = event.clientX;
    },
    onPointerUp: (event: PointerEvent) => {
      const moved = event.clientX - pressX.current;
      if (!zoomed && event.pointerType === "touch" && Math.abs(moved) > SWIPE_PX) step(moved < 0 ? 1 : -1);
    },
  };
}
