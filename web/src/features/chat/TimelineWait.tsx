import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ErrorCode, RoomId } from "../../client/types";
import { useAfter } from "../../ui/hooks";
import { usePlaza } from "../../ui/plaza";
import styles from "./ChatPane.module.css";

const SKELETON_AFTER_MS = 300;
const WIDTHS = ["46%", "62%", "30%", "54%", "40%"];

/** Before the first page is there: nothing, then bones, or why it failed with a way on. */
export function TimelineWait({ error, room }: { error: ErrorCode | null; room: RoomId }) {
  const { t } = useTranslation();
  const plaza = usePlaza();
  const slow = useAfter(SKELETON_AFTER_MS);
  if (error !== null) {
    return (
      <div className={styles.center} role="alert">
        <span>
          {t("chat.loadFailed")} {t(`common.error.${error}`)}
        </span>
        <Button onClick={() => void plaza.timelines.open(room)}>{t("common.retry")}</Button>
      </div>
    );
  }
  return (
    <div className={styles.wait} role="status" aria-label={t("common.loading")}>
      {slow &&
        WIDTHS.map((width) => (
          <div key={width} className={styles.bone}>
            <i />
            <i style={{ width: "120px" }} />
            <i style={{ width }} />
          </div>
        ))}
    </div>
  );
}
