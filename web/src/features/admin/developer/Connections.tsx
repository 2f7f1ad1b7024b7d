import { useState } from "react";
import { developer, type LiveConnection } from "../../../client/developer";
import { bytesText } from "../../../lib/bytes";
import { Problem } from "../../../ui/Problem";
import { Waiting } from "../../../ui/Waiting";
import { ConnectionMenu } from "./ConnectionMenu";
import styles from "./Developer.module.css";
import { useChange, useChannelTitle, useConnections, useNaming, useSpokenTimes, useWords } from "./hooks";

interface ConnectionsProps {
  user: string;
  channel: string;
  /** Shows only who hears this channel. */
  onChannel: (channel: string) => void;
  onBan: (user: string) => void;
}

/** What can be done to a connection from here. */
export type Act =
  | { kind: "disconnect"; client: string }
  | { kind: "disconnectAll"; user: string }
  | { kind: "unsubscribe"; user: string; channel: string };

const CHANNELS_SHOWN = 3;

function carryOut(act: Act): Promise<unknown> {
  switch (act.kind) {
    case "disconnect":
      return developer.endConnection(act.client);
    case "disconnectAll":
      return developer.disconnect(act.user);
    case "unsubscribe":
      return developer.unsubscribe(act.user, act.channel);
  }
}

export function Connections({ user, channel, onChannel, onBan }: ConnectionsProps) {
  const t = useWords();
  const naming = useNaming();
  const found = useConnections(user, channel);
  const act = useChange(carryOut);
  const [done, setDone] = useState("");
  const rows = found.data?.connections ?? [];
  const searched = `${user}${channel}`.trim() !== "";
  function doIt(what: Act) {
    setDone("");
    const about =
      what.kind === "unsubscribe"
        ? { user: naming(what.user), channel: what.channel }
        : { user: what.kind === "disconnectAll" ? naming(what.user) : "", channel: "" };
    act.mutate(what, { onSuccess: () => setDone(t(`live.done.${what.kind}`, about)) });
  }
  return (
    <>
      <Problem error={act.error ?? (found.data === undefined ? found.error : null)} />
      {found.isPending ? <Waiting /> : null}
      <p className={styles.done} role="status">
        {done}
      </p>
      {found.data !== undefined && rows.length === 0 ? (
        <p className={styles.none}>{t(searched ? "live.noneFound" : "live.none")}</p>
      ) : null}
      {rows.length > 0 ? (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("live.user")}</th>
              <th scope="col">{t("live.hears")}</th>
              <th scope="col" className={styles.wideOnly}>
                {t("live.speaks")}
              </th>
              <th scope="col" className={styles.wideOnly}>
                {t("live.from")}
              </th>
              <th scope="col" className={`${styles.number} ${styles.since}`}>
                {t("live.since")}
              </th>
              <th scope="col" className={styles.number}>
                {t("live.waits")}
              </th>
              <th scope="col">
                <span className="visually-hidden">{t("live.actions", { name: "" })}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <Row key={one.client} one={one} onChannel={onChannel} onBan={onBan} onAct={doIt} />
            ))}
          </tbody>
        </table>
      ) : null}
      {found.data?.more ? <p className={styles.quiet}>{t("live.moreThere")}</p> : null}
    </>
  );
}

interface RowProps {
  one: LiveConnection;
  onChannel: (channel: string) => void;
  onBan: (user: string) => void;
  onAct: (act: Act) => void;
}

function Row({ one, onChannel, onBan, onAct }: RowProps) {
  const naming = useNaming();
  const titleOf = useChannelTitle();
  const { since } = useSpokenTimes();
  const shown = one.subscriptions.slice(0, CHANNELS_SHOWN);
  const more = one.subscription_count - shown.length;
  return (
    <tr>
      <td>
        <div className={styles.who} data-nobody={one.user === "" || undefined}>
          {naming(one.user)}
        </div>
        <div className={styles.client} title={one.client}>
          {one.client}
        </div>
      </td>
      <td>
        <div className={styles.chips}>
          {shown.map((name) => (
            <button
              key={name}
              type="button"
              className={styles.channel}
              title={titleOf(name)}
              onClick={() => onChannel(name)}
            >
              {name}
            </button>
          ))}
          {more > 0 ? <span className={styles.quiet}>+{more}</span> : null}
        </div>
      </td>
      <td className={styles.wideOnly}>
        {one.dialect}
        <div className={styles.quiet}>{one.transport}</div>
      </td>
      <td className={styles.wideOnly}>{one.address}</td>
      <td className={`${styles.number} ${styles.since}`}>{since(one.connected_at)}</td>
      <td className={styles.number} data-loud={one.unsent_bytes > 0 || undefined}>
        {bytesText(one.unsent_bytes)}
      </td>
      <td className={styles.number}>
        <ConnectionMenu one={one} onAct={onAct} onBan={onBan} />
      </td>
    </tr>
  );
}
