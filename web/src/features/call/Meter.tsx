import { useEffect, useRef } from "react";
import { useWords } from "./context";
import styles from "./Prejoin.module.css";

/** A bar as long as the microphone is loud. Drawn without React: it moves sixty times a second. */
export function Meter({ level }: { level: () => number }) {
  const t = useWords();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      const share = level();
      const bar = ref.current;
      bar?.style.setProperty("--level", share.toFixed(3));
      bar?.setAttribute("aria-valuenow", String(Math.round(share * 100)));
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [level]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot be drawn like the rest.
    <div
      ref={ref}
      className={styles.meter}
      role="meter"
      aria-label={t("settings.level")}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    />
  );
}
