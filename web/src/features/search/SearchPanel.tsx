import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonId, RoomId, Seq } from "../../client/types";
import { ICON } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { useRoom } from "../../ui/plaza";
import { HitList } from "./HitList";
import { useHits } from "./hooks";
import { QueryField } from "./QueryField";
import { words } from "./query";
import styles from "./SearchPanel.module.css";

export interface SearchPanelProps {
  /** The room to look in first; the panel also offers all rooms. */
  room: RoomId | null;
  onClose: () => void;
  onOpenMessage: (room: RoomId, seq: Seq) => void;
}

/** Fills the 360 px panel beside the room (the whole screen on a phone); draws its own header with a close button. */
export default function SearchPanel({ room, onClose, onOpenMessage }: SearchPanelProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [within, setWithin] = useState<RoomId | null>(room);
  const [from, setFrom] = useState<PersonId | null>(null);
  const name = useRoom(within)?.name;
  const q = words(text);
  const hits = useHits({ q, room: within, from });
  const found = q === "" ? [] : (hits.data?.pages.flatMap((page) => page.hits) ?? []);
  return (
    <section className={styles.panel} aria-label={t("search.title")}>
      <header className={styles.head}>
        <h2 className={styles.title}>{t("search.title")}</h2>
        <ActionIcon onClick={onClose} aria-label={t("common.close")}>
          <IconX {...ICON} />
        </ActionIcon>
      </header>
      <QueryField
        text={text}
        onText={setText}
        within={within}
        onWithin={setWithin}
        from={from}
        onFrom={setFrom}
      />
      <div className={styles.results}>
        <Problem error={q === "" ? null : hits.error} />
        {q === "" ? (
          <div className={styles.empty}>
            <p>{t("search.empty")}</p>
            <p>{t("search.emptyFilters")}</p>
          </div>
        ) : null}
        {found.length > 0 ? (
          <HitList hits={found} query={q} withRoom={within === null} onOpen={onOpenMessage} />
        ) : q !== "" && hits.isSuccess && !hits.isFetching ? (
          <div className={styles.empty} role="status">
            <p>{t(within !== null || from !== null ? "search.noneFiltered" : "search.none")}</p>
            {within === null ? null : (
              <Button size="sm" onClick={() => setWithin(null)}>
                {t("search.lookEverywhere")}
              </Button>
            )}
          </div>
        ) : q !== "" && hits.isFetching ? (
          <p className={styles.waiting}>{t("common.loading")}</p>
        ) : null}
        {hits.hasNextPage && found.length > 0 ? (
          <Button
            fullWidth
            variant="subtle"
            loading={hits.isFetchingNextPage}
            onClick={() => void hits.fetchNextPage()}
          >
            {t("search.more")}
          </Button>
        ) : null}
        {found.length > 0 && !hits.hasNextPage ? (
          <p className={styles.end}>
            {name && within !== null ? t("search.endRoom", { room: name }) : t("search.end")}
          </p>
        ) : null}
      </div>
    </section>
  );
}
