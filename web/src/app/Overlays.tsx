import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/Dialog";
import { CreateRoom, InviteCard, Shortcuts, Switcher } from "./pages";
import { type ShellState, useLobby } from "./useShell";

/** What floats over everything: one at a time. */
export function Overlays({ shell }: { shell: ShellState }) {
  const { t } = useTranslation();
  const lobby = useLobby();
  const close = () => shell.setOverlay(null);
  const inviteTo = shell.id ?? lobby?.id;
  return (
    <Suspense fallback={null}>
      {shell.overlay === "switcher" && (
        <Switcher
          room={shell.id}
          typed={shell.typed}
          onClose={close}
          onOpenRoom={(room, seq) => {
            close();
            shell.openRoom(room, seq);
          }}
          onOpenPerson={(person) => {
            close();
            shell.openPerson(person);
          }}
          onAction={(action) => {
            close();
            if (action === "create-room") shell.setOverlay("create");
            else if (action === "invite") shell.setOverlay("invite");
            else if (action === "search") shell.setPanel("search");
            else shell.go(`/${action}`);
          }}
        />
      )}
      {shell.overlay === "shortcuts" && <Shortcuts onClose={close} />}
      {shell.overlay === "create" && (
        <CreateRoom
          onClose={close}
          onCreated={(room) => {
            close();
            shell.openRoom(room);
          }}
        />
      )}
      {shell.overlay === "invite" && inviteTo !== undefined && (
        <Dialog title={t("shell.invite")} onClose={close} wide>
          <InviteCard room={inviteTo} />
        </Dialog>
      )}
    </Suspense>
  );
}
