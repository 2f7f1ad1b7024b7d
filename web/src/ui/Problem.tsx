import { IconAlertCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../client/error";
import { ICON_SMALL } from "./icon";
import styles from "./Problem.module.css";

export interface ProblemProps {
  /** What a call threw; nothing is drawn for null. */
  error: unknown;
  /** Seconds until it may be tried again; 0 when that is now. */
  waitS?: number;
}

/** One calm line that says what went wrong. Read out at once by screen readers. */
export function Problem({ error, waitS = 0 }: ProblemProps) {
  const { t } = useTranslation();
  if (error === null || error === undefined) return null;
  const { code, requestId } = asApiError(error);
  return (
    <p className={styles.problem} role="alert">
      <IconAlertCircle {...ICON_SMALL} />
      <span>
        {waitS > 0 ? t("auth.wait", { count: waitS }) : t(`common.error.${code}`)}
        {code === "fault" && requestId !== null ? ` ${t("auth.request", { id: requestId })}` : ""}
      </span>
    </p>
  );
}
