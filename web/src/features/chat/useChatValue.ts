import { useMemo, useRef } from "react";
import { mayModerate } from "../../client/rights";
import { isTalk } from "../../client/rooms";
import type { MessageEvent, Room, Seq } from "../../client/types";
import { useMe, usePlaza } from "../../ui/plaza";
import type { Viewed } from "./ChatPane";
import type { ChatContextValue } from "./context";
import type { ComposerState } from "./useComposer";
import type { Refused } from "./useRefused";

interface ChatValueInput {
  room: Room;
  mayWrite: boolean;
  composer: ComposerState;
  show: (seq: Seq) => void;
  openSheet: (message: MessageEvent) => void;
  askDelete: (message: MessageEvent) => void;
  view: (viewed: Viewed) => void;
  onRefused: (what: Refused["what"], error: unknown) => void;
}

/** The same object for as long as nothing a row shows has changed: rows are drawn once. */
export function useChatValue(input: ChatValueInput): ChatContextValue {
  const plaza = usePlaza();
  const me = useMe();
  const latest = useRef(input);
  latest.current = input;
  const { mayWrite } = input;
  const room = input.room.id;
  const meId = me?.id ?? "";
  // Moderators keep order in rooms, not in private talks.
  const moderates = mayModerate(me) && !isTalk(input.room);
  return useMemo(
    () => ({
      room,
      me: meId,
      mayWrite,
      mayModerate: moderates,
      reply: (message) => latest.current.composer.reply(message),
      edit: (message) => latest.current.composer.edit(message),
      remove: (message) => latest.current.askDelete(message),
      react: (message, emoji) => {
        const mine = message.reactions.some((each) => each.emoji === emoji && each.users.includes(meId));
        plaza
          .react(room, message.seq, emoji, !mine)
          .catch((error: unknown) => latest.current.onRefused("reaction", error));
      },
      unreadFrom: (message) => plaza.unreadFrom(room, message.seq),
      show: (seq) => latest.current.show(seq),
      openSheet: (message) => latest.current.openSheet(message),
      view: (message, index) =>
        latest.current.view({ images: message.files.filter((file) => file.kind === "image"), index }),
      retry: (item) => plaza.outbox.retry(item.client_id),
      discard: (item) => plaza.outbox.discard(item.client_id),
    }),
    [room, meId, mayWrite, moderates, plaza],
  );
}
