import { Button, Checkbox, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  WEBHOOK_EVENTS,
  type Webhook,
  type WebhookDraft,
  type WebhookEvent,
} from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import styles from "./Developer.module.css";
import { useReason, useWords } from "./hooks";
import { channelList, isWebAddress } from "./names";

interface WebhookFormProps {
  /** Null: a new one. */
  webhook: Webhook | null;
  pending: boolean;
  error: unknown;
  onClose: () => void;
  onSave: (draft: WebhookDraft) => void;
}

export function WebhookForm({ webhook, pending, error, onClose, onSave }: WebhookFormProps) {
  const t = useWords();
  const { t: common } = useTranslation();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [events, setEvents] = useState<WebhookEvent[]>(webhook?.events ?? ["connect", "disconnect"]);
  const [channels, setChannels] = useState(webhook?.channels.join(", ") ?? "");
  const reason = useReason(error, "name");
  const known = ["name", "url", "channels"].some((field) => reason(field) !== undefined);
  const wrong = url.trim() !== "" && !isWebAddress(url);
  const ready = name.trim() !== "" && isWebAddress(url) && events.length > 0;
  const byChannel = events.includes("join") || events.includes("leave");

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!ready) return;
    const draft = {
      name: name.trim(),
      url: url.trim(),
      events,
      channels: byChannel ? channelList(channels) : [],
    };
    onSave({ ...draft, enabled: webhook?.enabled ?? true });
  }
  const toggle = (event: WebhookEvent) =>
    setEvents((now) =>
      WEBHOOK_EVENTS.filter((one) => (one === event ? !now.includes(one) : now.includes(one))),
    );

  return (
    <form
      className={styles.form}
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <TextInput
        label={t("webhooks.name")}
        value={name}
        maxLength={64}
        autoFocus
        autoComplete="off"
        error={reason("name")}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t("webhooks.url")}
        placeholder="https://example.org/plaza"
        type="url"
        value={url}
        error={wrong ? t("webhooks.urlWrong") : reason("url")}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <fieldset className={styles.events}>
        <legend>{t("webhooks.events")}</legend>
        {WEBHOOK_EVENTS.map((event) => (
          <Checkbox
            key={event}
            label={t(`webhooks.event.${event}`)}
            checked={events.includes(event)}
            onChange={() => toggle(event)}
          />
        ))}
      </fieldset>
      {byChannel ? (
        <TextInput
          label={t("webhooks.channels")}
          description={t("webhooks.channelsNote")}
          inputWrapperOrder={["label", "input", "error", "description"]}
          value={channels}
          autoComplete="off"
          error={reason("channels")}
          onChange={(event) => setChannels(event.currentTarget.value)}
        />
      ) : null}
      <div className={styles.buttons}>
        <Button type="submit" variant="filled" disabled={!ready} loading={pending}>
          {t(webhook === null ? "webhooks.make" : "webhooks.save")}
        </Button>
        <Button onClick={onClose}>{common("common.cancel")}</Button>
      </div>
      {known ? null : <Problem error={error} />}
    </form>
  );
}
