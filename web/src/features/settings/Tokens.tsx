import { Button, TextInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { ago } from "../../lib/when";
import { CopyButton } from "../../ui/CopyButton";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { Setting } from "../../ui/pages/Setting";
import own from "../../ui/pages/Setting.module.css";
import { useTokens, useWrite } from "./hooks";
import styles from "./Settings.module.css";

/** Keys for scripts that act as me. Each is shown once. */
export function Tokens() {
  const { t, i18n } = useTranslation();
  const tokens = useTokens();
  const since = (at: number) => ago(at, Date.now(), i18n.language);
  const [name, setName] = useState("");
  const create = useWrite("tokens", api.createToken);
  const revoke = useWrite("tokens", api.deleteToken);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== "") create.mutate(name.trim(), { onSuccess: () => setName("") });
  }
  return (
    <>
      <PageHead title={t("settings.tokens")} note={t("settings.tokensNote")} />
      <Setting id="tokens" title={t("settings.tokenNew")} note={t("settings.tokenNewNote")}>
        <form className={own.inline} onSubmit={submit}>
          <TextInput
            className={own.grow ?? ""}
            aria-label={t("settings.tokenName")}
            placeholder={t("settings.tokenName")}
            value={name}
            maxLength={64}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="filled" disabled={name.trim() === ""} loading={create.isPending}>
            {t("settings.tokenCreate")}
          </Button>
        </form>
        <Problem error={create.error ?? revoke.error ?? tokens.error} />
        {create.data === undefined ? null : (
          <div role="status">
            <p className={styles.hint}>{t("settings.tokenOnce", { name: create.data.name })}</p>
            <div className={styles.secret}>
              <code>{create.data.token}</code>
              <CopyButton text={create.data.token} size="sm" />
            </div>
          </div>
        )}
      </Setting>
      {tokens.data?.length === 0 ? <p className={styles.hint}>{t("settings.tokensNone")}</p> : null}
      <ul className={styles.list}>
        {tokens.data?.map((token) => (
          <li className={styles.line} key={token.id}>
            <IconKey size={20} stroke={1.75} aria-hidden="true" />
            <div className={styles.lineWords}>
              <div className={styles.lineName}>{token.name}</div>
              <div className={styles.note}>
                {token.last_used_at === null
                  ? t("settings.tokenUnused", { made: since(token.created_at) })
                  : t("settings.tokenUsed", {
                      made: since(token.created_at),
                      used: since(token.last_used_at),
                    })}
              </div>
            </div>
            <Button
              size="sm"
              color="red"
              loading={revoke.isPending && revoke.variables === token.id}
              onClick={() => revoke.mutate(token.id)}
              aria-label={`${t("settings.tokenRevoke")}: ${token.name}`}
            >
              {t("settings.tokenRevoke")}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
