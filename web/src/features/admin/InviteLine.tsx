import { ActionIcon, Button } from "@mantine/core";
import { IconQrcode } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Invite, Room } from "../../client/types";
import { spanUntil } from "../../lib/expiry";
import { CopyButton } from "../../ui/CopyButton";
import { ICON } from "../../ui/icon";
import { usePerson } from "../../ui/plaza";
import { Qr } from "../../ui/Qr";
import styles from "./Admin.module.css";

export interface InviteLineProps {
  invite: Invite;
  room: Room | undefined;
  /** Made a moment ago, on this page. */
  fresh: boolean;
  pending: boolean;
  onRevoke: () => void;
}

export function InviteLine({ invite, room, fresh, pending, onRevoke }: InviteLineProps) {
  const { t } = useTranslation();
  const maker = usePerson(invite.created_by);
  const [code, setCode] = useState(false);
  const link = `${window.location.origin}${invite.path}`;
  const span = spanUntil(invite.expires_at, Date.now());
  const used = invite.uses >= invite.uses_max;
  const about = [
    room === undefined ? null : `# ${room.name}`,
    t(`common.role.${invite.role}`),
    t("admin.inviteUses", { uses: invite.uses, count: invite.uses_max }),
    span === null
      ? t("auth.cardOver")
      : t("admin.inviteLeft", { span: t(`auth.span.${span.unit}`, { count: span.count }) }),
    maker === undefined ? null : t("admin.inviteBy", { name: maker.display_name }),
  ];
  return (
    <li
      className={styles.line}
      data-fresh={fresh || undefined}
      data-over={span === null || used || undefined}
    >
      <div className={styles.words}>
        <div className={styles.code}>{link.replace(/^https?:\/\//, "")}</div>
        <div className={styles.quiet}>{about.filter(Boolean).join(" · ")}</div>
        {code ? (
          <div className={styles.qr}>
            <Qr text={link} label={t("auth.cardQr")} size={176} />
          </div>
        ) : null}
      </div>
      <div className={styles.actions}>
        <ActionIcon
          size={36}
          aria-label={`${t("auth.cardQr")}: ${invite.code}`}
          aria-expanded={code}
          onClick={() => setCode(!code)}
        >
          <IconQrcode {...ICON} />
        </ActionIcon>
        <CopyButton text={link} size="sm" about={invite.code} />
        <Button
          size="sm"
          color="red"
          loading={pending}
          onClick={onRevoke}
          aria-label={`${t("admin.inviteRevoke")}: ${invite.code}`}
        >
          {t("admin.inviteRevoke")}
        </Button>
      </div>
    </li>
  );
}
