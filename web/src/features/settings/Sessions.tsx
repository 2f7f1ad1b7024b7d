import { Button } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { SessionInfo } from "../../client/types";
import { ago } from "../../lib/when";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { agentOf, isPhone } from "./agent";
import { useSessions, useWrite } from "./hooks";
import styles from "./Settings.module.css";

/** Every browser where I am signed in, each with a way to end it. */
export function Sessions() {
  const { t } = useTranslation();
  const sessions = useSessions();
  const end = useWrite("sessions", api.endSession);
  return (
    <>
      <PageHead title={t("settings.sessions")} note={t("settings.sessionsNote")} />
      <Problem error={sessions.error ?? end.error} />
      <ul className={styles.list} id="sessions" tabIndex={-1}>
        {sessions.data?.map((session) => (
          <SessionLine
            key={session.id}
            session={session}
            pending={end.isPending && end.variables === session.id}
            onEnd={() => end.mutate(session.id)}
          />
        ))}
      </ul>
    </>
  );
}

interface SessionLineProps {
  session: SessionInfo;
  pending: boolean;
  onEnd: () => void;
}

function SessionLine({ session, pending, onEnd }: SessionLineProps) {
  const { t, i18n } = useTranslation();
  const agent = agentOf(session.user_agent);
  const Icon = isPhone(agent) ? IconDeviceMobile : IconDeviceDesktop;
  const name =
    agent.browser === null
      ? session.user_agent.slice(0, 40) || t("settings.sessionUnknown")
      : agent.system === null
        ? agent.browser
        : t("settings.sessionOn", { browser: agent.browser, system: agent.system });
  return (
    <li className={styles.line}>
      <Icon size={20} stroke={1.75} aria-hidden="true" />
      <div className={styles.lineWords}>
        <div className={styles.lineName}>
          {name}
          {session.current ? <span className={styles.chip}>{t("settings.sessionThis")}</span> : null}
        </div>
        <div className={styles.note}>
          {t("settings.sessionSeen", {
            ago: ago(session.last_seen_at, Date.now(), i18n.language),
            address: session.address,
          })}
        </div>
      </div>
      {session.current ? null : (
        <Button
          size="sm"
          loading={pending}
          onClick={onEnd}
          aria-label={`${t("settings.sessionEnd")}: ${name}`}
        >
          {t("settings.sessionEnd")}
        </Button>
      )}
    </li>
  );
}
