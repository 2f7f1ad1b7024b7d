import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconTicketOff } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { developer, type Revocation } from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import { Waiting } from "../../../ui/Waiting";
import styles from "./Developer.module.css";
import { useChange, useMaker, useNaming, useReason, useRevocations, useSpokenTimes, useWords } from "./hooks";

type Kind = "user" | "jti";
const KINDS: readonly Kind[] = ["user", "jti"];

/** Tokens that hold no longer, though their time is not over. */
export function Revocations() {
  const t = useWords();
  const ended = useRevocations();
  const create = useChange(developer.createRevocation);
  const undo = useChange(developer.deleteRevocation);
  const [kind, setKind] = useState<Kind>("user");
  const [typed, setTyped] = useState("");
  const reason = useReason(create.error, kind)(kind);
  function submit(event: FormEvent) {
    event.preventDefault();
    const value = typed.trim();
    if (value === "") return;
    create.mutate(kind === "user" ? { user: value } : { jti: value }, { onSuccess: () => setTyped("") });
  }
  return (
    <Setting id="end-tokens" title={t("bans.tokens")} note={t("bans.tokensNote")} wide>
      <form className={styles.fields} onSubmit={submit}>
        <NativeSelect
          label={t("bans.tokensDo")}
          value={kind}
          data={KINDS.map((value) => ({ value, label: t(`bans.tokenKind.${value}`) }))}
          onChange={(event) => setKind(event.currentTarget.value as Kind)}
        />
        <TextInput
          label={kind === "user" ? t("bans.userName") : t("bans.jti")}
          value={typed}
          autoComplete="off"
          error={reason}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            create.reset();
          }}
        />
        <Button type="submit" color="red" disabled={typed.trim() === ""} loading={create.isPending}>
          {t("bans.tokensDo")}
        </Button>
      </form>
      <Problem error={(reason === undefined ? create.error : null) ?? ended.error ?? undo.error} />
      {ended.isPending ? <Waiting /> : null}
      {ended.data?.length === 0 ? <p className={styles.none}>{t("bans.tokensNone")}</p> : null}
      <ul className={styles.list}>
        {ended.data?.map((one) => (
          <EndedLine
            key={one.id}
            one={one}
            pending={undo.isPending && undo.variables === one.id}
            onUndo={() => undo.mutate(one.id)}
          />
        ))}
      </ul>
    </Setting>
  );
}

function EndedLine({ one, pending, onUndo }: { one: Revocation; pending: boolean; onUndo: () => void }) {
  const t = useWords();
  const naming = useNaming();
  const maker = useMaker();
  const { since, clock } = useSpokenTimes();
  const name =
    one.jti === null
      ? t("bans.tokensOf", { user: naming(one.user), time: clock(one.before ?? one.created_at) })
      : t("bans.tokenOne", { jti: one.jti });
  return (
    <li className={styles.line}>
      <IconTicketOff size={20} stroke={1.75} aria-hidden="true" />
      <div className={styles.words}>
        <div className={styles.name}>{name}</div>
        <div className={styles.quiet}>
          {t("made", { made: since(one.created_at), name: maker(one.created_by) })}
        </div>
      </div>
      <Button size="sm" loading={pending} onClick={onUndo} aria-label={`${t("bans.takeBack")}: ${name}`}>
        {t("bans.takeBack")}
      </Button>
    </li>
  );
}
