import { IconAlertTriangle } from "@tabler/icons-react";
import { Worded } from "../../../ui/Worded";
import styles from "./Developer.module.css";
import { useOverview, useWords } from "./hooks";

/** Switches that open the server to everybody are shouted, on every one of these pages. */
export function Insecure() {
  const t = useWords();
  const names = useOverview().data?.insecure ?? [];
  if (names.length === 0) return null;
  const say = (name: string) => {
    if (name === "client.insecure") return t("insecure.client");
    return name === "http_api.insecure" ? t("insecure.httpApi") : t("insecure.other", { name });
  };
  return (
    <div className={styles.insecure} role="alert">
      <IconAlertTriangle size={22} stroke={1.75} aria-hidden="true" />
      <div>
        <strong>{t("insecure.title")}</strong>
        {names.map((name) => (
          <p key={name}>
            <Worded text={say(name)} />
          </p>
        ))}
        <p>{t("insecure.end")}</p>
      </div>
    </div>
  );
}
