import { useTranslation } from "react-i18next";
import { Problem } from "../../../ui/Problem";
import styles from "./Developer.module.css";
import { useSpokenTimes, useStats, useTraffic, useWords } from "./hooks";
import { pointsOf, scaleOf } from "./rates";

const BOX = { width: 360, height: 64 };

/** The whole server in a dozen numbers and two lines. */
export function Figures() {
  const t = useWords();
  const { i18n } = useTranslation();
  const { clock } = useSpokenTimes();
  const stats = useStats();
  const number = new Intl.NumberFormat(i18n.language);
  const say = (value: number | undefined) => (value === undefined ? "–" : number.format(value));
  const { data } = stats;
  const recovered =
    data === undefined || data.recoveries.asked === 0
      ? "–"
      : t("live.of", { some: say(data.recoveries.succeeded), all: say(data.recoveries.asked) });
  const now: [string, string][] = [
    [t("live.connections"), say(data?.connections)],
    [t("live.users"), say(data?.users)],
    [t("live.channels"), say(data?.channels)],
    [t("live.subscriptions"), say(data?.subscriptions)],
  ];
  const losses: [string, string, string, boolean][] = [
    [t("live.dropped"), t("live.droppedNote"), say(data?.dropped), (data?.dropped ?? 0) > 0],
    [t("live.cutOff"), t("live.cutOffNote"), say(data?.cut_off), (data?.cut_off ?? 0) > 0],
    [t("live.limited"), t("live.limitedNote"), say(data?.limited), (data?.limited ?? 0) > 0],
    [t("live.recoveries"), t("live.recoveriesNote"), recovered, false],
  ];
  return (
    <section aria-label={t("live.figures")} aria-busy={stats.isPending}>
      {stats.error !== null && data !== undefined ? (
        <p className={styles.paused} role="status">
          {t("live.paused", { time: clock(stats.dataUpdatedAt) })}
        </p>
      ) : (
        <Problem error={stats.error} />
      )}
      <div className={styles.board}>
        <dl className={styles.figures}>
          {now.map(([label, value]) => (
            <div key={label} className={styles.figure}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Traffic />
        <dl className={styles.losses}>
          {losses.map(([label, note, value, loud]) => (
            <div key={label} className={styles.loss} data-loud={loud || undefined} title={note}>
              <dt>
                {label}
                <span className="visually-hidden">, {note}</span>
              </dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}

/** Two lines, each with its name and newest number at its end. */
function Traffic() {
  const t = useWords();
  const { i18n } = useTranslation();
  const samples = useTraffic();
  const last = samples.at(-1);
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const box = { ...BOX, now: last?.at ?? 0, scale: scaleOf(samples) };
  const count = (value: number | undefined) => t("live.perSecond", { rate: number.format(value ?? 0) });
  return (
    <figure className={styles.traffic}>
      <figcaption>{t("live.traffic")}</figcaption>
      <div className={styles.plot}>
        <svg viewBox={`0 -2 ${BOX.width} ${BOX.height + 4}`} preserveAspectRatio="none" aria-hidden="true">
          <line x1={0} y1={BOX.height} x2={BOX.width} y2={BOX.height} className={styles.axis} />
          <line x1={0} y1={0} x2={BOX.width} y2={0} className={styles.axis} />
          <polyline points={pointsOf(samples, "outgoing", box)} className={styles.outgoing} />
          <polyline points={pointsOf(samples, "incoming", box)} className={styles.incoming} />
        </svg>
        <span className={styles.scale}>{number.format(box.scale)}</span>
      </div>
      <p className={styles.ends}>
        <span data-line="outgoing">
          {t("live.outgoing")} <b>{count(last?.outgoing)}</b>
        </span>
        <span data-line="incoming">
          {t("live.incoming")} <b>{count(last?.incoming)}</b>
        </span>
      </p>
    </figure>
  );
}
