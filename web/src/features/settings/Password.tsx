import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import type { SessionInfo } from "../../client/types";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { Setting } from "../../ui/pages/Setting";
import own from "../../ui/pages/Setting.module.css";
import { useMe } from "../../ui/plaza";
import { agentOf } from "./agent";
import { useLimits, useSessions, useTookMe } from "./hooks";
import styles from "./Settings.module.css";

export function Password() {
  const { t } = useTranslation();
  const me = useMe();
  const took = useTookMe();
  const charsMin = useLimits()?.password_chars_min ?? 0;
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const sessions = useSessions();
  const change = useMutation({
    async mutationFn() {
      // Whom the change locks out is known only before it.
      const before = (await sessions.refetch()).data ?? [];
      await api.changePassword(me?.has_password ? current : null, next);
      return before.filter((session) => !session.current);
    },
    onSuccess: () => {
      void sessions.refetch();
      setCurrent("");
      setNext("");
      if (me !== null) took({ ...me, has_password: true });
    },
  });
  if (me === null) return null;
  const chars = [...next].length;
  const ready = chars >= charsMin && (!me.has_password || current !== "");
  const wrong = change.error !== null && asApiError(change.error).code === "wrong_password";
  const show = { "aria-label": t("auth.showPassword"), tabIndex: 0 };

  function submit(event: FormEvent) {
    event.preventDefault();
    if (ready) change.mutate();
  }

  return (
    <>
      <PageHead title={t("settings.password")} note={t("settings.passwordLead", { name: me.name })} />
      <Setting
        id="password"
        title={me.has_password ? t("settings.passwordChange") : t("settings.passwordSet")}
        note={me.has_password ? t("settings.passwordNote") : t("settings.passwordNone")}
      >
        <form className={styles.form} onSubmit={submit}>
          {me.has_password ? (
            <PasswordInput
              label={t("settings.passwordCurrent")}
              value={current}
              autoComplete="current-password"
              visibilityToggleButtonProps={show}
              error={wrong ? t("settings.passwordWrong") : undefined}
              onChange={(event) => {
                setCurrent(event.currentTarget.value);
                change.reset();
              }}
            />
          ) : null}
          <PasswordInput
            label={t("settings.passwordNew")}
            value={next}
            autoComplete="new-password"
            visibilityToggleButtonProps={show}
            description={
              next === ""
                ? t("auth.passwordNote", { count: charsMin })
                : chars < charsMin
                  ? t("auth.passwordShort", { count: charsMin - chars })
                  : t("auth.passwordGood", { count: chars })
            }
            onChange={(event) => {
              setNext(event.currentTarget.value);
              change.reset();
            }}
          />
          {wrong ? null : <Problem error={change.error} />}
          <div className={own.line}>
            <Button type="submit" variant="filled" disabled={!ready} loading={change.isPending}>
              {me.has_password ? t("settings.passwordChange") : t("settings.passwordSet")}
            </Button>
          </div>
          {change.isSuccess ? <Ended sessions={change.data} /> : null}
        </form>
      </Setting>
    </>
  );
}

/** What the new password ended, and what it did not. */
function Ended({ sessions }: { sessions: SessionInfo[] }) {
  const { t } = useTranslation();
  return (
    <div className={styles.ended} role="status">
      <p className={own.saved}>{t("settings.passwordDone")}</p>
      <p>{t("settings.passwordEnded", { count: sessions.length })}</p>
      {sessions.length > 0 && (
        <ul>
          {sessions.map(({ id, user_agent, address }) => {
            const { browser, system } = agentOf(user_agent);
            const name =
              browser !== null && system !== null
                ? t("settings.sessionOn", { browser, system })
                : (browser ?? (user_agent.slice(0, 40) || t("settings.sessionUnknown")));
            return (
              <li key={id}>
                {name}, {address}
              </li>
            );
          })}
        </ul>
      )}
      <p>{t("settings.passwordTokens")}</p>
    </div>
  );
}
