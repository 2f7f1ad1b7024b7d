import { Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../client/api";
import type { RoomId } from "../client/types";
import { CallCard } from "../features/call/CallCard";
import { ChatPane } from "../features/chat/ChatPane";
import { useRoomName } from "../features/rooms/hooks";
import { RoomHeader } from "../features/rooms/RoomHeader";
import { useCallsState } from "../ui/calls";
import { usePlaza, useRoom, useRoomsState } from "../ui/plaza";
import { Stage, useOpenCall, useStaged } from "./calls";
import { LobbyFirst, useIsFirst } from "./LobbyFirst";
import { MembersPanel, NotFound, RoomSettings, SearchPanel } from "./pages";
import { RoomFoot } from "./RoomFoot";
import styles from "./Shell.module.css";
import { Split } from "./Split";
import { type ShellState, useCurrentRoom, useUnknownRoom } from "./useShell";

interface RoomPageProps {
  id: RoomId;
  shell: ShellState;
  phone: boolean;
}

/** One room: its head, its talk, and the panel that was asked for. The head stays when one goes to another room. */
export function RoomPage({ id, shell, phone }: RoomPageProps) {
  const plaza = usePlaza();
  const room = useRoom(id);
  const name = useRoomName(room);
  const missing = useUnknownRoom(id, room !== undefined);
  const { seq } = useCurrentRoom();
  const first = useIsFirst(room);
  const staged = useStaged(id);
  const { t } = useTranslation();
  const failed = useCallsState((state) => state.failed);
  const asks = useCallsState(({ phase }) => phase === "previewing");
  const mayCall = useRoomsState((state) => state.place?.calls !== false);
  const openCall = useOpenCall(id);
  const card = useMemo(() => <CallCard room={id} onJoin={openCall} />, [id, openCall]);
  if (room === undefined) {
    if (!missing) return null;
    return (
      <Suspense fallback={null}>
        <NotFound what="room" onSearch={() => shell.setOverlay("switcher")} />
      </Suspense>
    );
  }
  const mayWrite = room.me !== null && !room.archived;
  const closePanel = () => shell.setPanel(null);
  const talk = (
    <ChatPane
      key={id}
      room={room}
      name={name}
      target={seq}
      start={first ? <LobbyFirst room={room} onCreate={() => shell.setOverlay("create")} /> : null}
      call={card}
      onShow={(to) => shell.openRoom(id, to)}
      onPresent={() => {
        shell.openRoom(id);
        void plaza.timelines.toPresent(id);
      }}
      onInvite={() => shell.setOverlay("invite")}
      onCall={openCall}
      onTopic={(topic) => void api.patchRoom(id, { topic }).then(plaza.tookRoom, () => undefined)}
      foot={mayWrite ? null : <RoomFoot room={room} name={name} />}
    />
  );
  return (
    <div className={styles.room}>
      <RoomHeader
        room={room}
        name={name}
        phone={phone}
        panel={shell.panel}
        onPanel={shell.togglePanel}
        onList={phone || shell.list.shown ? null : shell.list.toggle}
        onCall={mayWrite && mayCall ? openCall : null}
      />
      {failed && (
        <p className={styles.callFailed} role="alert">
          {t("rooms.call.failed")}
        </p>
      )}
      <div className={styles.body}>
        <Split
          whole={asks}
          stage={
            staged ? (
              <Suspense fallback={<div className={styles.stageWait} />}>
                <Stage room={room} name={name} />
              </Suspense>
            ) : null
          }
        >
          {talk}
        </Split>
        {shell.panel !== null && (
          <div className={styles.panel} key={id}>
            <Suspense fallback={null}>
              {shell.panel === "members" && (
                <MembersPanel room={room} onClose={closePanel} onPerson={shell.openPerson} />
              )}
              {shell.panel === "settings" && (
                <RoomSettings
                  room={room}
                  name={name}
                  onClose={closePanel}
                  onMembers={() => shell.setPanel("members")}
                  onLeft={() => shell.go("/")}
                />
              )}
              {shell.panel === "search" && (
                <SearchPanel room={id} onClose={closePanel} onOpenMessage={shell.openRoom} />
              )}
            </Suspense>
          </div>
        )}
      </div>
    </div>
  );
}
