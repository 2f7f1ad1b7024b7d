import { Button, TextInput } from "@mantine/core";
import { IconClock, IconUsers } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { RoomId } from "../../client/types";
import { spanUntil } from "../../lib/expiry";
import { CopyButton } from "../../ui/CopyButton";
import { InviteTerms, type Terms } from "../../ui/InviteTerms";
import { ICON_SMALL } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { useRoom, useRoomsState } from "../../ui/plaza";
import { Qr } from "../../ui/Qr";
import styles from "./InviteCard.module.css";

export interface InviteCardProps {
  room: RoomId;
}

const FIRST: Terms = { expires_in_s: 604_800, uses_max: 10 };

/** QR code, link, copy, how long and how many: makes an invite for the room when it is first shown. */
export default function InviteCard({ room }: InviteCardProps) {
  const { t } = useTranslation();
  const place = useRoomsState((state) => state.place?.name ?? "");
  const roomName = useRoom(room)?.name ?? "";
  const [changing, setChanging] = useState(false);
  const [terms, setTerms] = useState(FIRST);
  const made = useQuery({
    queryKey: ["invite-card", room],
    queryFn: () => api.createInvite({ ...FIRST, room }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const remade = useMutation({ mutationFn: () => api.createInvite({ ...terms, room }) });
  const invite = remade.data ?? made.data;
  const error = remade.error ?? made.error;
  if (invite === undefined) {
    return error === null ? <div className={styles.card} aria-busy="true" /> : <Problem error={error} />;
  }
  const link = `${window.location.origin}${invite.path}`;
  const span = spanUntil(invite.expires_at, Date.now());
  return (
    <section className={styles.card} aria-label={t("auth.cardTitle", { place })}>
      <Qr text={link} label={t("auth.cardQr")} size={144} />
      <div className={styles.side}>
        <h2 className={styles.title}>{t("auth.cardTitle", { place })}</h2>
        <p className={styles.note}>
          {roomName === "" ? t("auth.cardNote") : t("auth.cardNoteRoom", { room: roomName })}
        </p>
        <div className={styles.link}>
          <TextInput
            readOnly
            value={link.replace(/^https?:\/\//, "")}
            aria-label={t("auth.cardLink")}
            onFocus={(event) => event.currentTarget.select()}
          />
          <CopyButton text={link} variant="filled" />
        </div>
        <p className={styles.terms}>
          <span>
            <IconClock {...ICON_SMALL} />
            {span === null ? t("auth.cardOver") : t(`auth.span.${span.unit}`, { count: span.count })}
          </span>
          <span>
            <IconUsers {...ICON_SMALL} />
            {t("auth.cardUses", { count: invite.uses_max })}
          </span>
          <button
            type="button"
            className={styles.change}
            aria-expanded={changing}
            onClick={() => setChanging(!changing)}
          >
            {t("auth.cardChange")}
          </button>
        </p>
        {changing ? (
          <div className={styles.changing}>
            <InviteTerms terms={terms} onTerms={setTerms} />
            <Button size="sm" loading={remade.isPending} onClick={() => remade.mutate()}>
              {t("auth.cardNew")}
            </Button>
            <Problem error={remade.error} />
          </div>
        ) : null}
      </div>
    </section>
  );
}
