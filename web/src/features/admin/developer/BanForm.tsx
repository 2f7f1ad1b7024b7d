import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useStore } from "zustand";
import { type BanDraft, developer } from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import styles from "./Developer.module.css";
import { drafts } from "./drafts";
import { useChange, useReason, useWords } from "./hooks";

/** Null lasts until it is lifted. */
const SPANS_S = { hour: 3600, day: 86_400, week: 604_800, month: 2_592_000, lasting: null } as const;
type Span = keyof typeof SPANS_S;
type Kind = "user" | "address";
const KINDS: readonly Kind[] = ["user", "address"];

export function BanForm() {
  const t = useWords();
  const create = useChange(developer.createBan);
  const whom = useStore(drafts, (state) => state.banned);
  const [kind, setKind] = useState<Kind>("user");
  const [reason, setReason] = useState("");
  const [span, setSpan] = useState<Span>("day");
  const refused = useReason(create.error, kind)(kind);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (whom.trim() === "") return;
    const draft: BanDraft = kind === "user" ? { user: whom.trim() } : { address: whom.trim() };
    const seconds = SPANS_S[span];
    if (seconds !== null) draft.seconds = seconds;
    if (reason.trim() !== "") draft.reason = reason.trim();
    create.mutate(draft, {
      onSuccess() {
        drafts.setState({ banned: "" });
        setReason("");
      },
    });
  }

  return (
    <form className={styles.fields} onSubmit={submit}>
      <NativeSelect
        label={t("bans.what")}
        value={kind}
        data={KINDS.map((value) => ({ value, label: t(`bans.kind.${value}`) }))}
        onChange={(event) => setKind(event.currentTarget.value as Kind)}
      />
      <TextInput
        label={t(`bans.${kind}Name`)}
        description={t(`bans.${kind}Note`)}
        inputWrapperOrder={["label", "input", "error", "description"]}
        value={whom}
        autoComplete="off"
        error={refused}
        onChange={(event) => {
          drafts.setState({ banned: event.currentTarget.value });
          create.reset();
        }}
      />
      <TextInput
        label={t("bans.reason")}
        value={reason}
        autoComplete="off"
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <NativeSelect
        label={t("bans.span")}
        value={span}
        data={(Object.keys(SPANS_S) as Span[]).map((value) => ({ value, label: t(`bans.spans.${value}`) }))}
        onChange={(event) => setSpan(event.currentTarget.value as Span)}
      />
      <Button
        type="submit"
        color="red"
        variant="filled"
        disabled={whom.trim() === ""}
        loading={create.isPending}
      >
        {t("bans.do")}
      </Button>
      {refused === undefined ? <Problem error={create.error} /> : null}
    </form>
  );
}
