import { type ReactNode, useEffect } from "react";
import { createPortal } from "react-dom";
import { roomName } from "../../client/names";
import type { Room, RoomId } from "../../client/types";
import { keepAwake, offerButtons } from "../../media/background";
import type { CallSession } from "../../media/session";
import { useCallsState } from "../../ui/calls";
import { useRoom, useRoomsState } from "../../ui/plaza";
import { useCallState } from "./context";
import { useCallKeys } from "./hooks";
import { Small } from "./Small";
import { InContext } from "./Stage";
import { closeApart, shown, useShown } from "./shown";

interface HomeProps {
  /** The stage of the call is on the page. */
  staged: boolean;
  onOpenRoom: (room: RoomId) => void;
}

/** Where a call lives while the page shows something else: the small tile, the window of its own, keys and buttons. */
export default function Home({ staged, onOpenRoom }: HomeProps) {
  const session = useCallsState((state) => state.session);
  const room = useRoom(useCallsState((state) => state.room));
  const people = useRoomsState((state) => state.people);
  if (session === null || room === undefined) return null;
  return (
    <InContext session={session} room={room} onRefused={() => undefined}>
      <Keys session={session} />
      <Background session={session} />
      <Places staged={staged} room={room} name={roomName(room, people)} onOpenRoom={onOpenRoom} />
    </InContext>
  );
}

function Places({ staged, room, name, onOpenRoom }: HomeProps & { room: Room; name: string }): ReactNode {
  const phase = useCallState((state) => state.phase.name);
  const session = useCallsState((state) => state.session);
  const apart = useShown((state) => state.apart);
  // A preview that nobody looks at holds the camera for nothing.
  useEffect(() => {
    if (!staged && phase === "previewing") session?.leave();
  }, [staged, phase, session]);
  useEffect(() => closeApart, []);
  const onBack = () => onOpenRoom(room.id);
  if (phase === "previewing" || phase === "joining" || phase === "idle") return null;
  return (
    <>
      {apart !== null &&
        createPortal(
          <Small
            name={name}
            apart
            onBack={() => {
              closeApart();
              window.focus();
              onBack();
            }}
          />,
          apart.document.body,
        )}
      {!staged && apart === null && <Small name={name} onBack={onBack} />}
    </>
  );
}

function Keys({ session }: { session: CallSession }) {
  useCallKeys(session, (action) => {
    const me = session.store.getState().people.find((person) => person.me);
    const { chosen, tiles } = session.floor.store.getState();
    switch (action) {
      case "microphone":
      case "camera":
      case "screen":
        if (me?.mayPublish) session.toggle(action);
        break;
      case "hand":
        session.setHand(!me?.hand);
        break;
      case "view": {
        const speaker =
          chosen === "speaker" || (chosen === null && tiles.some(({ kind }) => kind === "screen"));
        session.floor.show(speaker ? "grid" : "speaker");
        break;
      }
      case "full":
        shown.getState().fill?.();
        break;
      case "leave":
        session.leave();
        break;
    }
  });
  return null;
}

/** The system's own buttons for calls, and a screen that stays on. */
function Background({ session }: { session: CallSession }) {
  const active = useCallState(({ phase }) => phase.name === "in" || phase.name === "reconnecting");
  useEffect(() => {
    if (!active) return;
    const stops = [
      keepAwake(),
      offerButtons({
        toggleMicrophone: () => session.toggle("microphone"),
        toggleCamera: () => session.toggle("camera"),
        leave: session.leave,
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [active, session]);
  return null;
}
