import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { developer } from "../../../client/developer";
import { ICON } from "../../../ui/icon";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import { Waiting } from "../../../ui/Waiting";
import styles from "./Developer.module.css";
import { useChange, useWebhooks, useWords } from "./hooks";
import { Once } from "./Once";
import { WebhookForm } from "./WebhookForm";
import { WebhookLine } from "./WebhookLine";

/** Addresses of other servers that are told who comes and goes. */
export function Webhooks() {
  const t = useWords();
  const webhooks = useWebhooks();
  const create = useChange(developer.createWebhook);
  const [making, setMaking] = useState(false);
  const outbox = webhooks.data?.outbox;
  return (
    <Setting
      id="webhook-new"
      title={t("webhooks.new")}
      note={t("webhooks.newNote")}
      wide
      control={
        making ? undefined : (
          <Button leftSection={<IconPlus {...ICON} />} onClick={() => setMaking(true)}>
            {t("webhooks.new")}
          </Button>
        )
      }
    >
      {making ? (
        <WebhookForm
          webhook={null}
          pending={create.isPending}
          error={create.error}
          onClose={() => setMaking(false)}
          onSave={(draft) => create.mutate(draft, { onSuccess: () => setMaking(false) })}
        />
      ) : null}
      {create.data === undefined ? null : (
        <Once note={t("webhooks.once", { name: create.data.webhook.name })} secret={create.data.secret} />
      )}
      <Problem error={webhooks.data === undefined ? webhooks.error : null} />
      {webhooks.isPending ? <Waiting /> : null}
      {webhooks.data?.webhooks.length === 0 && !making ? (
        <p className={styles.none}>{t("webhooks.none")}</p>
      ) : null}
      <ul className={styles.list}>
        {webhooks.data?.webhooks.map((webhook) => (
          <WebhookLine key={webhook.id} webhook={webhook} />
        ))}
      </ul>
      {outbox === undefined || (outbox.events === 0 && outbox.dropped === 0) ? null : (
        <p className={styles.quiet}>
          {t("webhooks.outbox")}:{" "}
          {t("webhooks.outboxLine", { events: outbox.events, max: outbox.events_max })}{" "}
          {outbox.dropped > 0 ? t("webhooks.outboxDropped", { count: outbox.dropped }) : null}
        </p>
      )}
    </Setting>
  );
}
