import { Button, NativeSelect } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { Me, Role } from "../../client/types";
import { InviteTerms, type Terms } from "../../ui/InviteTerms";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { Setting } from "../../ui/pages/Setting";
import styles from "./Admin.module.css";
import { useAllRooms, useInvites, useWrite } from "./hooks";
import { InviteLine } from "./InviteLine";
import { invitable } from "./rights";

/** Every link that lets somebody in, and a way to make another. */
export function Invitations({ me }: { me: Me }) {
  const { t } = useTranslation();
  const invites = useInvites();
  const rooms = useAllRooms();
  const create = useWrite("invites", api.createInvite);
  const revoke = useWrite("invites", api.deleteInvite);
  const [terms, setTerms] = useState<Terms>({ expires_in_s: 604_800, uses_max: 10 });
  const [role, setRole] = useState<Role>("member");
  const [room, setRoom] = useState("");
  const open = rooms.data?.filter((one) => one.name !== "" && !one.archived) ?? [];
  const into = room || open.find((one) => one.name === "lobby")?.id || open[0]?.id || "";

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate(into === "" ? { ...terms, role } : { ...terms, role, room: into });
  }

  return (
    <>
      <PageHead title={t("admin.page.invitations")} note={t("admin.invitesLead")} />
      <Setting id="invite-new" title={t("admin.inviteNew")} note={t("admin.inviteNewNote")} wide>
        <form className={styles.inviteForm} onSubmit={submit}>
          <NativeSelect
            label={t("admin.inviteRoom")}
            value={into}
            data={open.map((one) => ({ value: one.id, label: `# ${one.name}` }))}
            onChange={(event) => setRoom(event.currentTarget.value)}
          />
          <NativeSelect
            label={t("admin.inviteRole")}
            value={role}
            data={invitable(me.role).map((one) => ({ value: one, label: t(`common.role.${one}`) }))}
            onChange={(event) => setRole(event.currentTarget.value as Role)}
          />
          <InviteTerms terms={terms} onTerms={setTerms} />
          <Button type="submit" variant="filled" loading={create.isPending}>
            {t("admin.inviteMake")}
          </Button>
        </form>
      </Setting>
      <Problem error={invites.error ?? create.error ?? revoke.error} />
      {invites.data?.length === 0 ? <p className={styles.quiet}>{t("admin.invitesNone")}</p> : null}
      <ul className={styles.list}>
        {invites.data?.map((invite) => (
          <InviteLine
            key={invite.code}
            invite={invite}
            room={rooms.data?.find((one) => one.id === invite.room)}
            fresh={create.data?.code === invite.code}
            pending={revoke.isPending && revoke.variables === invite.code}
            onRevoke={() => revoke.mutate(invite.code)}
          />
        ))}
      </ul>
    </>
  );
}
