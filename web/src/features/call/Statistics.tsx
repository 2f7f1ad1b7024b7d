import { IconX } from "@tabler/icons-react";
import type { MediaStats, VideoStats } from "../../media/stats";
import { IconButton } from "../../ui/IconButton";
import { ICON_SMALL } from "../../ui/icon";
import { useWords } from "./context";
import { useMyQuality, useStats } from "./hooks";
import styles from "./Overlays.module.css";

/** The numbers behind the call, for the curious. */
export function Statistics({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const stats = useStats();
  const quality = useMyQuality(stats);
  return (
    <section className={styles.statistics} aria-label={t("statistics.title")}>
      <header>
        <h3>{t("statistics.title")}</h3>
        <IconButton label={t("close")} size={24} onClick={onClose}>
          <IconX {...ICON_SMALL} />
        </IconButton>
      </header>
      <p>{t("quality.label", { words: t(`quality.${quality.reason}`) })}</p>
      {stats === null ? <p>{t("statistics.none")}</p> : <Numbers stats={stats} />}
    </section>
  );
}

function Numbers({ stats }: { stats: MediaStats }) {
  const t = useWords();
  const ms = (value: number | null) => (value === null ? null : t("statistics.ms", { value }));
  const kbps = (value: number | null) => (value === null ? null : t("statistics.kbps", { value }));
  const video = ({ width, height, framesPerSecond, codec }: VideoStats) =>
    t("statistics.video", { width, height, fps: framesPerSecond, codec });
  const loss = stats.lossShare === null ? null : (stats.lossShare * 100).toFixed(1);
  const rows: [string, string | null][] = [
    [t("statistics.path"), stats.path],
    [t("statistics.rtt"), ms(stats.rttMs)],
    [t("statistics.loss"), loss === null ? null : t("statistics.percent", { value: loss })],
    [t("statistics.jitter"), ms(stats.jitterMs)],
    [t("statistics.up"), kbps(stats.upKbps)],
    [t("statistics.down"), kbps(stats.downKbps)],
    [t("statistics.available"), kbps(stats.availableUpKbps)],
    [t("statistics.sent"), stats.sent === null ? null : video(stats.sent)],
    ...stats.received.slice(0, 4).map((one): [string, string] => [t("statistics.received"), video(one)]),
  ];
  return (
    <dl>
      {rows.map(([name, value], at) =>
        value === null ? null : (
          // biome-ignore lint/suspicious/noArrayIndexKey: several videos arrive, and nothing but their place tells them apart.
          <div key={`${name}${at}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
