import { Button } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { CopyButton } from "../../../ui/CopyButton";
import { ICON } from "../../../ui/icon";
import { Problem } from "../../../ui/Problem";
import { Setting } from "../../../ui/pages/Setting";
import styles from "./Developer.module.css";
import { useFillSamples, useMade, useWords } from "./hooks";
import { Samples } from "./Samples";
import { addressesOf } from "./samples";

const DOORS = ["socket", "socketio", "plain", "api"] as const;

/** The addresses, and code that runs as it stands. */
export function Connect({ onKeys }: { onKeys: () => void }) {
  const t = useWords();
  const fill = useFillSamples();
  const { key, secret, token, subscriptionToken } = useMade();
  const addresses = addressesOf(window.location.origin);
  const filled = key !== null && secret !== null;
  return (
    <>
      <Setting id="addresses" title={t("connect.addresses")} note={t("connect.addressesNote")} wide>
        <dl className={styles.addresses}>
          {DOORS.map((door) => (
            <div key={door} className={styles.address}>
              <dt>{t(`connect.${door}`)}</dt>
              <dd>
                <code>{addresses[door]}</code>
                <CopyButton text={addresses[door]} size="sm" variant="subtle" about={t(`connect.${door}`)} />
              </dd>
            </div>
          ))}
        </dl>
      </Setting>
      <Setting
        id="fill"
        title={t("connect.fill")}
        note={filled ? t("connect.filled") : t("connect.fillNote")}
        control={
          filled ? (
            <Button leftSection={<IconKey {...ICON} />} onClick={onKeys}>
              {t("keys.api")}
            </Button>
          ) : (
            <Button
              variant="filled"
              leftSection={<IconKey {...ICON} />}
              loading={fill.isPending}
              onClick={() => fill.mutate(t("connect.filledName"))}
            >
              {t("connect.fillDo")}
            </Button>
          )
        }
      >
        {filled || fill.error !== null ? (
          <>
            <Problem error={fill.error} />
            {filled && (
              <p className={styles.quiet}>{t(token === null ? "connect.tokenNone" : "connect.tokenNote")}</p>
            )}
          </>
        ) : undefined}
      </Setting>
      <Samples
        fillings={{
          origin: window.location.origin,
          key: key?.key ?? null,
          secret: secret?.secret ?? null,
          token,
          subscriptionToken,
        }}
      />
    </>
  );
}
