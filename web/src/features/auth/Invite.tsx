import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { asApiError } from "../../client/error";
import type { InvitePreview, Me, RoomId } from "../../client/types";
import { Problem } from "../../ui/Problem";
import styles from "./Form.module.css";
import { Frame } from "./Frame";
import { useFreshStart, useInvitePreview, useWaitS } from "./hooks";
import { InviteForm } from "./InviteForm";
import { SignIn } from "./SignIn";

export interface InviteProps {
  code: string;
  /** Accepted, a session runs: show this room. */
  onEntered: (room: RoomId) => void;
}

interface Accepted {
  me: Me;
  room: RoomId;
}

/** What an invitation link opens: who asks you where, and a name to pick. */
export default function Invite({ code, onEntered }: InviteProps) {
  const { t } = useTranslation();
  const begin = useFreshStart();
  const preview = useInvitePreview(code);
  const waitS = useWaitS(preview.error);
  const [name, setName] = useState("");
  const [accepted, setAccepted] = useState<Accepted | null>(null);
  const middle = accepted?.me ?? { unnamed: name.trim() };
  const room = (invite: InvitePreview) =>
    invite.room_name === "" ? t("auth.theRoom") : `# ${invite.room_name}`;

  if (preview.error !== null && accepted === null) {
    const over = asApiError(preview.error).code === "invite_invalid";
    return (
      <Frame middle={null} caption={t("auth.captionDoor")}>
        <h1 className={styles.title}>{over ? t("auth.inviteOver") : t("auth.inviteUnread")}</h1>
        <p className={styles.lead}>{over ? t("auth.inviteOverLead") : t("auth.inviteUnreadLead")}</p>
        {over ? null : (
          <div className={styles.form}>
            <Problem error={preview.error} waitS={waitS} />
            <Button onClick={() => void preview.refetch()} disabled={waitS > 0} loading={preview.isFetching}>
              {waitS > 0 ? t("auth.tryIn", { count: waitS }) : t("common.retry")}
            </Button>
          </div>
        )}
        <p className={styles.aside}>
          <Link href="/login">{t("auth.toLogin")}</Link>
        </p>
      </Frame>
    );
  }
  if (preview.data === undefined) {
    return (
      <Frame middle={null} caption={t("auth.captionDoor")}>
        {null}
      </Frame>
    );
  }
  const invite = preview.data;
  return (
    <Frame middle={middle} caption={t("auth.caption")}>
      {accepted === null ? (
        <>
          <h1 className={styles.title}>{invite.place_name}</h1>
          <p className={styles.lead}>
            {t(invite.role === "guest" ? "auth.invitedAsGuest" : "auth.invited", {
              name: invite.invited_by,
              room: room(invite),
            })}
          </p>
          <InviteForm
            code={code}
            name={name}
            onName={setName}
            onAccepted={(me, into) => setAccepted({ me, room: into })}
          />
        </>
      ) : (
        <SignIn
          me={accepted.me}
          room={room(invite)}
          onGo={() => {
            begin();
            onEntered(accepted.room);
          }}
        />
      )}
    </Frame>
  );
}
