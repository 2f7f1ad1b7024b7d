import { createContext, useContext } from "react";
import type { OutboxItem } from "../../client/outbox";
import type { MessageEvent, PersonId, RoomId, Seq } from "../../client/types";

/** What a row of the timeline may do and needs to know. */
export interface ChatContextValue {
  room: RoomId;
  me: PersonId;
  /** False in archived rooms and rooms one only looks at. */
  mayWrite: boolean;
  mayModerate: boolean;
  reply: (message: MessageEvent) => void;
  edit: (message: MessageEvent) => void;
  remove: (message: MessageEvent) => void;
  react: (message: MessageEvent, emoji: string) => void;
  unreadFrom: (message: MessageEvent) => void;
  /** Shows the message with this seq, near or far. */
  show: (seq: Seq) => void;
  /** Opens the actions of a message as a sheet, for thumbs. */
  openSheet: (message: MessageEvent) => void;
  view: (message: MessageEvent, index: number) => void;
  retry: (item: OutboxItem) => void;
  discard: (item: OutboxItem) => void;
}

export const ChatContext = createContext<ChatContextValue | null>(null);

export function useChat(): ChatContextValue {
  const value = useContext(ChatContext);
  if (value === null) throw new Error("useChat outside of ChatContext");
  return value;
}
