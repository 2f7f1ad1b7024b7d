import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Problem } from "../../../ui/Problem";
import { Waiting } from "../../../ui/Waiting";
import styles from "./Developer.module.css";
import { useChannels, useChannelTitle, useWords } from "./hooks";
import { isProductChannel } from "./names";

interface ChannelsProps {
  prefix: string;
  onWho: (channel: string) => void;
  onPublish: (channel: string) => void;
}

/** The channels somebody hears, or that keep something. */
export function Channels({ prefix, onWho, onPublish }: ChannelsProps) {
  const t = useWords();
  const { i18n } = useTranslation();
  const found = useChannels(prefix);
  const titleOf = useChannelTitle();
  const number = new Intl.NumberFormat(i18n.language);
  const rows = found.data?.channels ?? [];
  return (
    <>
      <Problem error={found.data === undefined ? found.error : null} />
      {found.isPending ? <Waiting /> : null}
      {found.data !== undefined && rows.length === 0 ? (
        <p className={styles.none}>{t(prefix.trim() === "" ? "live.noChannels" : "live.noChannelsFound")}</p>
      ) : null}
      {rows.length > 0 ? (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("live.channel")}</th>
              <th scope="col" className={styles.number}>
                {t("live.subscribers")}
              </th>
              <th scope="col" className={styles.number}>
                {t("live.history")}
              </th>
              <th scope="col">
                <span className="visually-hidden">{t("live.publish")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ channel, subscribers, history }) => (
              <tr key={channel}>
                <td>
                  <button
                    type="button"
                    className={styles.channel}
                    title={t("live.who", { channel: titleOf(channel) })}
                    onClick={() => onWho(channel)}
                  >
                    {channel}
                  </button>
                </td>
                <td className={styles.number}>{number.format(subscribers)}</td>
                <td className={styles.number}>{history === null ? "–" : number.format(history)}</td>
                <td className={styles.number}>
                  {isProductChannel(channel) ? null : (
                    <Button
                      size="sm"
                      aria-label={`${t("live.publish")}: ${channel}`}
                      onClick={() => onPublish(channel)}
                    >
                      {t("live.publish")}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {found.data?.more ? <p className={styles.quiet}>{t("live.moreThere")}</p> : null}
    </>
  );
}
