import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Draft } from "../../client/drafts";
import type { MessageEvent, ReplyTo, Room } from "../../client/types";
import { useMe, usePlaza } from "../../ui/plaza";
import { commandOf } from "./commands";
import { useUploads } from "./useUploads";

const EXCERPT_CHARS_MAX = 120;

export function replyOf(message: MessageEvent): ReplyTo {
  const line = message.text.split("\n").find((part) => part.trim() !== "") ?? message.files[0]?.name ?? "";
  return {
    seq: message.seq,
    author: message.author,
    excerpt: line.slice(0, EXCERPT_CHARS_MAX),
    deleted: false,
  };
}

interface ComposerInput {
  room: Room;
  onSent: () => void;
  onInvite: () => void;
  onTopic: (topic: string) => void;
}

/** The text being written, what it answers, what it changes, what hangs on it. Mounted once per room. */
export function useComposer({ room, onSent, onInvite, onTopic }: ComposerInput) {
  const plaza = usePlaza();
  const me = useMe();
  const field = useRef<HTMLTextAreaElement>(null);
  const kept = useRef<Draft>(plaza.drafts.store.getState().byRoom[room.id] ?? { text: "", reply_to: null });
  const [text, setText] = useState(kept.current.text);
  const [replyTo, setReplyTo] = useState<ReplyTo | null>(kept.current.reply_to);
  const [editing, setEditing] = useState<MessageEvent | null>(null);
  const [sendWhenDone, setSendWhenDone] = useState(false);
  const uploads = useUploads(room.id);
  const focus = useCallback(() => field.current?.focus(), []);

  useEffect(() => {
    if (editing === null) plaza.drafts.set(room.id, { text, reply_to: replyTo });
  }, [plaza, room.id, text, replyTo, editing]);

  const change = useCallback(
    (next: string) => {
      setText(next);
      if (next.trim() === "" || next.startsWith("/")) plaza.typing.rested();
      else plaza.typing.typed();
    },
    [plaza],
  );

  const reply = useCallback(
    (message: MessageEvent) => {
      setEditing(null);
      setReplyTo(replyOf(message));
      focus();
    },
    [focus],
  );

  const edit = useCallback(
    (message: MessageEvent) => {
      setEditing(message);
      setText(message.text);
      focus();
    },
    [focus],
  );

  const cancel = useCallback(() => {
    if (editing !== null) {
      const draft = plaza.drafts.store.getState().byRoom[room.id];
      setText(draft?.text ?? "");
      setEditing(null);
    } else setReplyTo(null);
  }, [editing, plaza, room.id]);

  const busy = uploads.uploads.some((upload) => upload.info === null && upload.error === null);
  const charsMax = uploads.limits?.message_chars_max ?? 0;
  const chars = [...text].length;
  const over = charsMax > 0 ? Math.max(0, chars - charsMax) : 0;
  const infos = uploads.uploads.flatMap((upload) => upload.info ?? []);
  const something = text.trim() !== "" || uploads.uploads.length > 0;

  const clear = () => {
    setText("");
    setReplyTo(null);
    setSendWhenDone(false);
    uploads.clear();
    plaza.drafts.clear(room.id);
    plaza.typing.rested();
  };

  const saveEdit = (message: MessageEvent) => {
    const next = text.trim();
    cancel();
    if (next !== "" && next !== message.text) plaza.edit(room.id, message, next).catch(() => undefined);
  };

  const send = () => {
    if (over > 0) return;
    if (editing !== null) return saveEdit(editing);
    const command = commandOf(text);
    if (command !== null) {
      if (command.name === "invite") onInvite();
      else onTopic(command.rest);
      return clear();
    }
    if (busy) return setSendWhenDone(true);
    if (!something || (text.trim() === "" && infos.length === 0)) return;
    plaza.post(room.id, { text: text.trim(), reply_to: replyTo, files: infos });
    clear();
    onSent();
  };

  const latestSend = useRef(send);
  latestSend.current = send;
  useEffect(() => {
    if (sendWhenDone && !busy) latestSend.current();
  }, [sendWhenDone, busy]);

  return {
    field,
    text,
    change,
    replyTo,
    editing,
    reply,
    edit,
    cancel,
    send,
    over,
    uploads,
    /** Sends by itself when the uploads are done. */
    sendWhenDone,
    something,
    focus,
    me,
  };
}

export type ComposerState = ReturnType<typeof useComposer>;

const HEIGHT_PX_MAX = 260;

/** The field is as tall as its text, up to a limit. */
export function useAutosize(field: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what changes the height.
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "0";
    element.style.height = `${Math.min(HEIGHT_PX_MAX, element.scrollHeight)}px`;
    element.style.overflowY = element.scrollHeight > HEIGHT_PX_MAX ? "auto" : "hidden";
  }, [field, text]);
}

/** A letter typed with the focus nowhere goes into the field. */
export function useTypeAnywhere(field: React.RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === "?")
        return;
      const active = document.activeElement;
      const elsewhere = active?.matches("input, textarea, select, [contenteditable], button, a, dialog *");
      if (!elsewhere && document.querySelector("dialog[open]") === null) field.current?.focus();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [field]);
}

/** With a mouse the field has the focus when a room opens; on a phone the keyboard would jump up. */
export function useFocusOnOpen(field: React.RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, [field]);
}
