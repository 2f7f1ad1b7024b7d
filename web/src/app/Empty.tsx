import type { ReactNode } from "react";
import { SQUARE, TILES } from "../ui/MarkSvg";
import styles from "./Empty.module.css";

interface EmptyProps {
  title: string;
  text: string;
  /** What can be done from here. */
  children: ReactNode;
}

const [x, y, width, height] = SQUARE;

/** A page with nothing on it but where one is, and the ways on: the mark in stone, its square still to be filled. */
export function Empty({ title, text, children }: EmptyProps) {
  return (
    <section className={styles.empty}>
      <svg className={styles.mark} viewBox="0 0 16 16" width={64} height={64} aria-hidden="true">
        {TILES.map(([left, top, wide, high]) => (
          <rect key={`${left} ${top}`} x={left} y={top} width={wide} height={high} rx="1" />
        ))}
        <rect
          className={styles.square}
          x={x + 0.25}
          y={y + 0.25}
          width={width - 0.5}
          height={height - 0.5}
          rx="0.75"
        />
      </svg>
      <h1 className={styles.title}>{title}</h1>
      <p className={styles.text}>{text}</p>
      <div className={styles.ways}>{children}</div>
    </section>
  );
}
