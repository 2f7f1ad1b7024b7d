import { Button } from "@mantine/core";
import { IconUserOff, IconWorldOff } from "@tabler/icons-react";
import { type Ban, developer } from "../../../client/developer";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import { Waiting } from "../../../ui/Waiting";
import { BanForm } from "./BanForm";
import styles from "./Developer.module.css";
import { useBans, useChange, useMaker, useNaming, useSpokenTimes, useWords } from "./hooks";
import { Revocations } from "./Revocations";

/** Who is kept out, and which tokens hold no longer. */
export function Bans() {
  const t = useWords();
  const bans = useBans();
  const lift = useChange(developer.liftBan);
  return (
    <>
      <Setting id="ban-new" title={t("bans.new")} note={t("bans.newNote")} wide>
        <BanForm />
        <Problem error={bans.error ?? lift.error} />
        {bans.isPending ? <Waiting /> : null}
        {bans.data?.length === 0 ? <p className={styles.none}>{t("bans.none")}</p> : null}
        <ul className={styles.list} aria-label={t("bans.list")}>
          {bans.data?.map((ban) => (
            <BanLine
              key={ban.id}
              ban={ban}
              pending={lift.isPending && lift.variables === ban.id}
              onLift={() => lift.mutate(ban.id)}
            />
          ))}
        </ul>
      </Setting>
      <Revocations />
    </>
  );
}

function BanLine({ ban, pending, onLift }: { ban: Ban; pending: boolean; onLift: () => void }) {
  const t = useWords();
  const naming = useNaming();
  const maker = useMaker();
  const { since, clock } = useSpokenTimes();
  const name = ban.address ?? naming(ban.user);
  const Icon = ban.address === null ? IconUserOff : IconWorldOff;
  const about = [
    ban.reason,
    ban.ends_at === null ? t("lasting") : t("until", { time: clock(ban.ends_at) }),
    t("made", { made: since(ban.created_at), name: maker(ban.created_by) }),
  ];
  return (
    <li className={styles.line}>
      <Icon size={20} stroke={1.75} aria-hidden="true" />
      <div className={styles.words}>
        <div className={styles.name}>{name}</div>
        <div className={styles.quiet}>{about.filter(Boolean).join(" · ")}</div>
      </div>
      <Button size="sm" loading={pending} onClick={onLift} aria-label={`${t("bans.lift")}: ${name}`}>
        {t("bans.lift")}
      </Button>
    </li>
  );
}
