import { Button, NativeSelect } from "@mantine/core";
import { IconSignature } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { developer, type TokenSecret } from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import { Waiting } from "../../../ui/Waiting";
import styles from "./Developer.module.css";
import {
  useMade,
  useMaker,
  useMakeSecret,
  useOverview,
  useRevoke,
  useRotateSecret,
  useSecrets,
  useSpokenTimes,
  useWords,
} from "./hooks";
import { MakeForm } from "./MakeForm";
import { Once } from "./Once";
import { SureButton } from "./SureButton";

/** How long a rotated secret may still hold. */
const KEEP_S = { now: 0, hour: 3600, day: 86_400, week: 604_800, month: 2_592_000 } as const;
type Keep = keyof typeof KEEP_S;

export function Secrets() {
  const t = useWords();
  const secrets = useSecrets();
  const make = useMakeSecret();
  const revoke = useRevoke(developer.revokeSecret);
  const fresh = useMade().secret;
  const more = useOverview().data?.configured.token_secrets ?? 0;
  return (
    <Setting id="token-secrets" title={t("keys.secrets")} note={t("keys.secretsNote")} wide>
      <MakeForm
        label={t("keys.secretName")}
        pending={make.isPending}
        error={make.error}
        onMake={(name, done) => make.mutate(name, { onSuccess: done })}
      />
      {fresh === null ? null : <Once note={t("keys.once", { name: fresh.name })} secret={fresh.secret} />}
      <Problem error={secrets.error ?? revoke.error} />
      {secrets.isPending ? <Waiting /> : null}
      {secrets.data?.length === 0 && more === 0 ? (
        <p className={styles.none}>{t("keys.secretsNone")}</p>
      ) : null}
      <ul className={styles.list}>
        {secrets.data?.map((secret) => (
          <SecretLine
            key={secret.id}
            secret={secret}
            pending={revoke.isPending && revoke.variables === secret.id}
            onRevoke={() => revoke.mutate(secret.id)}
          />
        ))}
      </ul>
      {more > 0 ? <p className={styles.quiet}>{t("more", { count: more })}</p> : null}
    </Setting>
  );
}

interface SecretLineProps {
  secret: TokenSecret;
  pending: boolean;
  onRevoke: () => void;
}

function SecretLine({ secret, pending, onRevoke }: SecretLineProps) {
  const t = useWords();
  const maker = useMaker();
  const { since, clock } = useSpokenTimes();
  const [rotating, setRotating] = useState(false);
  const { name, ends_at, created_at, created_by } = secret;
  return (
    <li className={styles.block}>
      <div className={styles.line}>
        <IconSignature size={20} stroke={1.75} aria-hidden="true" />
        <div className={styles.words}>
          <div className={styles.name}>
            {name}
            <span className={styles.chip} data-state={ends_at === null ? "well" : "warn"}>
              {ends_at === null ? t("keys.holds") : t("keys.ends", { time: clock(ends_at) })}
            </span>
          </div>
          <div className={styles.quiet}>
            {t("made", { made: since(created_at), name: maker(created_by) })}
          </div>
        </div>
        <div className={styles.actions}>
          {ends_at === null && !rotating ? (
            <Button size="sm" onClick={() => setRotating(true)} aria-label={`${t("keys.rotate")}: ${name}`}>
              {t("keys.rotate")}
            </Button>
          ) : null}
          <SureButton
            label={t("keys.revoke")}
            sure={t("keys.revokeSure")}
            about={name}
            note={t("keys.revokeSecretNote")}
            pending={pending}
            onSure={onRevoke}
          />
        </div>
      </div>
      {rotating ? <Rotation secret={secret} onClose={() => setRotating(false)} /> : null}
    </li>
  );
}

function Rotation({ secret, onClose }: { secret: TokenSecret; onClose: () => void }) {
  const t = useWords();
  const { t: common } = useTranslation();
  const rotate = useRotateSecret(secret.id);
  const [keep, setKeep] = useState<Keep>("day");
  const keeps = Object.keys(KEEP_S) as Keep[];
  return (
    <form
      className={styles.drawer}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate(KEEP_S[keep], { onSuccess: onClose });
      }}
    >
      <NativeSelect
        label={t("keys.rotateFor")}
        value={keep}
        data={keeps.map((value) => ({ value, label: t(`keys.keep.${value}`) }))}
        onChange={(event) => setKeep(event.currentTarget.value as Keep)}
        autoFocus
      />
      <Button type="submit" variant="filled" loading={rotate.isPending}>
        {t("keys.rotateDo")}
      </Button>
      <Button onClick={onClose}>{common("common.cancel")}</Button>
      <Problem error={rotate.error} />
    </form>
  );
}
