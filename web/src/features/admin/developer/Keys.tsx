import { IconKey } from "@tabler/icons-react";
import { type ApiKey, developer } from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import { Waiting } from "../../../ui/Waiting";
import styles from "./Developer.module.css";
import {
  useKeys,
  useMade,
  useMakeKey,
  useMaker,
  useOverview,
  useRevoke,
  useSpokenTimes,
  useWords,
} from "./hooks";
import { MakeForm } from "./MakeForm";
import { Once } from "./Once";
import { Secrets } from "./Secrets";
import { SureButton } from "./SureButton";

/** What opens the server to backends, and what signs the tokens of app users. */
export function Keys() {
  return (
    <>
      <ApiKeys />
      <Secrets />
    </>
  );
}

function ApiKeys() {
  const t = useWords();
  const keys = useKeys();
  const make = useMakeKey();
  const revoke = useRevoke(developer.revokeKey);
  const fresh = useMade().key;
  const more = useOverview().data?.configured.keys ?? 0;
  return (
    <Setting id="api-keys" title={t("keys.api")} note={t("keys.apiNote")} wide>
      <MakeForm
        label={t("keys.apiName")}
        pending={make.isPending}
        error={make.error}
        onMake={(name, done) => make.mutate(name, { onSuccess: done })}
      />
      {fresh === null ? null : <Once note={t("keys.once", { name: fresh.name })} secret={fresh.key} />}
      <Problem error={keys.error ?? revoke.error} />
      {keys.isPending ? <Waiting /> : null}
      {keys.data?.length === 0 && more === 0 ? <p className={styles.none}>{t("keys.apiNone")}</p> : null}
      <ul className={styles.list}>
        {keys.data?.map((key) => (
          <KeyLine
            key={key.id}
            apiKey={key}
            pending={revoke.isPending && revoke.variables === key.id}
            onRevoke={() => revoke.mutate(key.id)}
          />
        ))}
      </ul>
      {more > 0 ? <p className={styles.quiet}>{t("more", { count: more })}</p> : null}
    </Setting>
  );
}

function KeyLine({ apiKey, pending, onRevoke }: { apiKey: ApiKey; pending: boolean; onRevoke: () => void }) {
  const t = useWords();
  const maker = useMaker();
  const { since, hour } = useSpokenTimes();
  const { name, created_at, created_by, last_used_at } = apiKey;
  const used = last_used_at === null ? t("unused") : t("used", { used: hour(last_used_at) });
  return (
    <li className={styles.line}>
      <IconKey size={20} stroke={1.75} aria-hidden="true" />
      <div className={styles.words}>
        <div className={styles.name}>{name}</div>
        <div className={styles.quiet}>
          {t("made", { made: since(created_at), name: maker(created_by) })} · {used}
        </div>
      </div>
      <SureButton
        label={t("keys.revoke")}
        sure={t("keys.revokeSure")}
        about={name}
        pending={pending}
        onSure={onRevoke}
      />
    </li>
  );
}
