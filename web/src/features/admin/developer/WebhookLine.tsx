import { Button, Switch } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { developer, type Webhook, type WebhookDraft, type WebhookTest } from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import styles from "./Developer.module.css";
import { useChange, useSpokenTimes, useWords } from "./hooks";
import { Once } from "./Once";
import { SureButton } from "./SureButton";
import { WebhookForm } from "./WebhookForm";

/** One webhook: whether it delivers, what it sends, and what can be done. */
export function WebhookLine({ webhook }: { webhook: Webhook }) {
  const t = useWords();
  const change = useChange((draft: Partial<WebhookDraft>) => developer.patchWebhook(webhook.id, draft));
  const renew = useChange(() => developer.renewWebhookSecret(webhook.id));
  const remove = useChange(() => developer.deleteWebhook(webhook.id));
  const test = useChange(() => developer.testWebhook(webhook.id));
  const [editing, setEditing] = useState(false);
  const { name, url, enabled, configured } = webhook;
  return (
    <li className={styles.block} data-off={!enabled || undefined}>
      <div className={styles.line}>
        <div className={styles.words}>
          <div className={styles.name}>
            {name}
            <State webhook={webhook} />
            {configured ? <span className={styles.chip}>{t("webhooks.configured")}</span> : null}
          </div>
          <div className={styles.url}>{url}</div>
          <Facts webhook={webhook} />
        </div>
        <Switch
          aria-label={t("webhooks.on", { name })}
          checked={enabled}
          disabled={configured}
          onChange={() => change.mutate({ enabled: !enabled })}
        />
      </div>
      <div className={styles.actions}>
        <Button size="sm" loading={test.isPending} onClick={() => test.mutate(undefined)}>
          {t("webhooks.test")}
        </Button>
        {configured ? null : (
          <>
            <Button size="sm" aria-expanded={editing} onClick={() => setEditing(!editing)}>
              {t("webhooks.edit")}
            </Button>
            <SureButton
              label={t("webhooks.renew")}
              sure={t("webhooks.renewSure")}
              about={name}
              pending={renew.isPending}
              onSure={() => renew.mutate(undefined)}
            />
            <SureButton
              label={t("webhooks.delete")}
              sure={t("webhooks.deleteSure")}
              about={name}
              pending={remove.isPending}
              onSure={() => remove.mutate(undefined)}
            />
          </>
        )}
        {test.data === undefined ? null : <Tested result={test.data} />}
      </div>
      {editing ? (
        <WebhookForm
          webhook={webhook}
          pending={change.isPending}
          error={change.error}
          onClose={() => setEditing(false)}
          onSave={(draft) => change.mutate(draft, { onSuccess: () => setEditing(false) })}
        />
      ) : null}
      {renew.data === undefined ? null : (
        <Once note={t("webhooks.once", { name })} secret={renew.data.secret} />
      )}
      <Problem error={(editing ? null : change.error) ?? renew.error ?? remove.error ?? test.error} />
    </li>
  );
}

function State({ webhook: { enabled, state } }: { webhook: Webhook }) {
  const t = useWords();
  const { clock } = useSpokenTimes();
  const [kind, text] = !enabled
    ? (["off", t("webhooks.state.off")] as const)
    : state.failing_since !== null
      ? (["bad", t("webhooks.state.failing", { time: clock(state.failing_since) })] as const)
      : state.delivered > 0
        ? (["well", t("webhooks.state.well")] as const)
        : (["off", t("webhooks.state.waiting")] as const);
  return (
    <span className={styles.chip} data-state={kind}>
      {text}
    </span>
  );
}

/** What it sends, and how the last deliveries went. */
function Facts({ webhook: { events, channels, state } }: { webhook: Webhook }) {
  const t = useWords();
  const { clock } = useSpokenTimes();
  const number = new Intl.NumberFormat(useTranslation().i18n.language);
  const counted = (count: number) => ({ count, number: number.format(count) });
  const facts = [
    events.map((event) => t(`webhooks.event.${event}`)).join(", "),
    channels.join(", "),
    state.delivered > 0 ? t("webhooks.delivered", counted(state.delivered)) : "",
    state.waiting > 0 ? t("webhooks.waits", counted(state.waiting)) : "",
    state.lost > 0 ? t("webhooks.lost", counted(state.lost)) : "",
    state.last_status === null ? "" : t("webhooks.last", { status: state.last_status }),
    state.next_try_at === null ? "" : t("webhooks.next", { time: clock(state.next_try_at) }),
  ];
  return (
    <div className={styles.quiet}>
      {facts.filter((fact) => fact !== "").join(" · ")}
      {state.last_error === null ? null : <div className={styles.bad}>{state.last_error}</div>}
    </div>
  );
}

function Tested({ result: { status, error, duration_ms: ms } }: { result: WebhookTest }) {
  const t = useWords();
  const well = status !== null && status >= 200 && status < 300;
  const text =
    status === null
      ? t("webhooks.testFailed", { error: error ?? "" })
      : t(well ? "webhooks.testWell" : "webhooks.testWrong", { status, ms });
  return (
    <span className={well ? styles.good : styles.bad} role="status">
      {text}
    </span>
  );
}
