import { lazy, type ReactNode, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FileInfo, MessageEvent, Room, Seq } from "../../client/types";
import { useMe } from "../../ui/plaza";
import styles from "./ChatPane.module.css";
import { Composer } from "./Composer";
import { ConnectionStrip } from "./ConnectionStrip";
import { ChatContext } from "./context";
import { DeleteDialog } from "./DeleteDialog";
import { DropZone } from "./DropZone";
import { lastOwn, useMarkRead, useNewAfter, useRows, useTimeline } from "./hooks";
import { MessageSheet } from "./MessageSheet";
import { RefusedLine } from "./RefusedLine";
import { RoomStart } from "./RoomStart";
import { Timeline, type TimelineHandle } from "./Timeline";
import { TimelineWait } from "./TimelineWait";
import { TypingLine } from "./TypingLine";
import { useChatValue } from "./useChatValue";
import { useComposer } from "./useComposer";
import { useRefused } from "./useRefused";

const Viewer = lazy(() => import("./Viewer"));

interface ChatPaneProps {
  room: Room;
  name: string;
  /** The message the address points at. */
  target: Seq | null;
  /** Stands where the room begins, instead of the plain sentence. */
  start: ReactNode | null;
  /** The card of the call that goes on. */
  call: ReactNode;
  onShow: (seq: Seq) => void;
  /** Leave the past: the address without a message. */
  onPresent: () => void;
  onInvite: () => void;
  onCall: () => void;
  onTopic: (topic: string) => void;
  /** Shown instead of the composer for those who may not write. */
  foot: ReactNode | null;
}

export interface Viewed {
  images: FileInfo[];
  index: number;
}

/** The talk of one room. Mounted once per room. */
export function ChatPane(props: ChatPaneProps) {
  const { room, name, target, foot } = props;
  const { t } = useTranslation();
  const me = useMe();
  const { timeline, error } = useTimeline(room.id, target);
  const mark = useNewAfter(room.id, timeline.lines.at(-1)?.seq ?? 0);
  const { rows, unheldNew } = useRows(room.id, timeline, mark.newAfter, props.start !== null);
  const handle = useRef<TimelineHandle>(null);
  const [sheet, setSheet] = useState<MessageEvent | null>(null);
  const [doomed, setDoomed] = useState<MessageEvent | null>(null);
  const [viewed, setViewed] = useState<Viewed | null>(null);

  const toPresent = () => {
    if (timeline.hasAfter) props.onPresent();
    else handle.current?.toEnd();
  };
  const read = useMarkRead(room, () => {
    mark.clear();
    toPresent();
  });
  const { refused, onRefused } = useRefused();
  const composer = useComposer({
    room,
    onSent: toPresent,
    onInvite: props.onInvite,
    onCall: props.onCall,
    onTopic: props.onTopic,
  });
  const chat = useChatValue({
    room,
    mayWrite: foot === null,
    composer,
    show: (seq) => {
      if (!handle.current?.showSeq(seq)) props.onShow(seq);
    },
    openSheet: setSheet,
    askDelete: setDoomed,
    view: setViewed,
    onRefused,
  });

  return (
    <ChatContext.Provider value={chat}>
      <DropZone label={t("chat.composer.drop")} onFiles={composer.uploads.add} disabled={foot !== null}>
        <ConnectionStrip />
        {timeline.generation === 0 ? (
          <TimelineWait error={error} room={room.id} />
        ) : (
          <Timeline
            key={timeline.generation}
            room={room}
            name={name}
            timeline={timeline}
            rows={rows}
            target={target}
            newAfter={mark.newAfter}
            start={
              props.start ?? (
                <RoomStart
                  room={room}
                  name={name}
                  empty={rows.every((row) => row.type !== "message" && row.type !== "pending")}
                  onWrite={composer.focus}
                />
              )
            }
            call={props.call}
            unheldNew={unheldNew}
            fromTop={props.start !== null}
            onPresent={props.onPresent}
            onFirstNew={() => props.onShow(Math.max(1, mark.newAfter ?? 1))}
            onRead={read}
            handle={handle}
          />
        )}
        <div className={styles.foot}>
          <RefusedLine refused={refused} />
          {foot ?? (
            <Composer
              room={room}
              name={name}
              composer={composer}
              lastOwn={() => lastOwn(timeline, me?.id ?? "")}
            />
          )}
          <TypingLine room={room.id} />
        </div>
      </DropZone>
      {sheet !== null && <MessageSheet message={sheet} onClose={() => setSheet(null)} />}
      {doomed !== null && (
        <DeleteDialog room={room.id} message={doomed} onClose={() => setDoomed(null)} onRefused={onRefused} />
      )}
      {viewed !== null && (
        <Suspense fallback={null}>
          <Viewer images={viewed.images} start={viewed.index} onClose={() => setViewed(null)} />
        </Suspense>
      )}
    </ChatContext.Provider>
  );
}
