import { Button, Textarea, TextInput } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import type { FormEvent, KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { developer } from "../../../client/developer";
import { asApiError } from "../../../client/error";
import { CodeBlock } from "../../../ui/code/CodeBlock";
import { ICON } from "../../../ui/icon";
import { Key } from "../../../ui/Key";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import styles from "./Developer.module.css";
import { drafts, tell } from "./drafts";
import { useChange, useMade, useReason, useSpokenTimes, useWords } from "./hooks";
import { checkJson, type JsonCheck, tidyJson } from "./json";
import { isProductChannel } from "./names";
import { curlOf } from "./samples";

/** A message into a channel, by hand. */
export function Publish() {
  const t = useWords();
  const { channel, data } = useStore(drafts);
  const key = useMade().key?.key ?? "YOUR_API_KEY";
  const check = checkJson(data);
  const publish = useChange((value: unknown) => developer.publish(channel.trim(), value));
  const reason = useReason(publish.error, "channel");
  const product = isProductChannel(channel.trim());
  const ready = check.kind === "fits" && channel.trim() !== "" && !product && !publish.isPending;

  function submit(event: FormEvent | KeyboardEvent) {
    event.preventDefault();
    if (!ready) return;
    const about = { at: Date.now(), channel: channel.trim() };
    publish.mutate(check.value, {
      onSuccess: () => tell({ ...about, error: null }),
      onError: (error) => tell({ ...about, error: asApiError(error).code }),
    });
  }

  return (
    <>
      <Setting id="publish-form" title={t("publish.form")} note={t("publish.note")} wide>
        <form
          className={styles.form}
          onSubmit={submit}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
          }}
        >
          <TextInput
            label={t("publish.channel")}
            value={channel}
            autoComplete="off"
            error={product ? t("publish.product") : reason("channel")}
            onChange={(event) => {
              drafts.setState({ channel: event.currentTarget.value });
              publish.reset();
            }}
          />
          <Textarea
            label={t("publish.data")}
            classNames={{ input: styles.json ?? "" }}
            rows={8}
            spellCheck={false}
            value={data}
            aria-describedby="publish-check"
            aria-invalid={check.kind === "wrong" || undefined}
            onChange={(event) => drafts.setState({ data: event.currentTarget.value })}
          />
          <div className={styles.buttons}>
            <Button type="submit" variant="filled" disabled={!ready} loading={publish.isPending}>
              {t("publish.do")}
            </Button>
            <Button
              disabled={check.kind !== "fits"}
              onClick={() => check.kind === "fits" && drafts.setState({ data: tidyJson(check.value) })}
            >
              {t("publish.tidy")}
            </Button>
            <Key>{t("publish.key")}</Key>
            <Check check={check} data={data} />
          </div>
          {reason("channel") === undefined ? <Problem error={publish.error} /> : null}
        </form>
      </Setting>
      <Outcomes />
      <Setting id="publish-curl" title={t("publish.curl")} note={t("connect.about.curl")} wide>
        <CodeBlock
          language="bash"
          text={curlOf(
            window.location.origin,
            key,
            channel.trim(),
            check.kind === "fits" ? JSON.stringify(check.value) : "null",
          )}
          wide
        />
      </Setting>
    </>
  );
}

function Check({ check, data }: { check: JsonCheck; data: string }) {
  const t = useWords();
  const bytes = new TextEncoder().encode(data).length;
  const { kind } = check;
  return (
    <span id="publish-check" className={styles.check} data-kind={kind} role="status">
      {kind === "empty" ? t("publish.empty") : null}
      {kind === "fits" ? t("publish.fits", { count: bytes }) : null}
      {kind === "wrong" ? t("publish.wrong", { line: check.line, column: check.column }) : null}
    </span>
  );
}

function Outcomes() {
  const t = useWords();
  const { t: common } = useTranslation();
  const { clock } = useSpokenTimes();
  const outcomes = useStore(drafts, (state) => state.outcomes);
  if (outcomes.length === 0) return null;
  return (
    <section className={styles.outcomes} aria-label={t("publish.results")}>
      <h2>{t("publish.results")}</h2>
      <ul aria-live="polite">
        {outcomes.map(({ at, channel, error }) => (
          <li key={at} data-wrong={error !== null || undefined}>
            {error === null ? <IconCircleCheck {...ICON} /> : <IconCircleX {...ICON} />}
            <time>{clock(at)}</time>
            <b>{channel}</b>
            <span>{error === null ? t("publish.sent") : common(`common.error.${error}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
