import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Draft } from "../../client/drafts";
import { asApiError } from "../../client/error";
import { mayHost } from "../../client/rights";
import type { ErrorCode, MessageEvent, ReplyTo, Room } from "../../client/types";
import { usePlaza } from "../../ui/plaza";
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
  onCall: () => void;
  onTopic: (topic: string) => void;
}

/** The text with what it answers or changes; kept as the room's draft unless it changes a message. */
function useWriting(room: Room, focus: () => void) {
  const plaza = usePlaza();
  const kept = useRef<Draft>(plaza.drafts.store.getState().byRoom[room.id] ?? { text: "", reply_to: null });
  const [text, setText] = useState(kept.current.text);
  const [replyTo, setReplyTo] = useState<ReplyTo | null>(kept.current.reply_to);
  const [editing, setEditing] = useState<MessageEvent | null>(null);
  useEffect(() => {
    if (editing === null) plaza.drafts.set(room.id, { text, reply_to: replyTo });
  }, [plaza, room.id, text, replyTo, editing]);
  return {
    text,
    replyTo,
    editing,
    change(next: string) {
      setText(next);
      if (next.trim() === "" || next.startsWith("/")) plaza.typing.rested();
      else plaza.typing.typed();
    },
    reply(message: MessageEvent) {
      setEditing(null);
      setReplyTo(replyOf(message));
      focus();
    },
    /** With `next` when the server refused that text: it is not lost. */
    edit(message: MessageEvent, next = message.text) {
      setEditing(message);
      setText(next);
      focus();
    },
    /** Leaves the edit, else the reply. */
    cancel() {
      if (editing === null) return setReplyTo(null);
      setText(plaza.drafts.store.getState().byRoom[room.id]?.text ?? "");
      setEditing(null);
    },
    clear() {
      setText("");
      setReplyTo(null);
      plaza.drafts.clear(room.id);
      plaza.typing.rested();
    },
  };
}

/** The post being made: its text, what it answers or changes, what hangs on it. Mounted once per room. */
export function useComposer({ room, onSent, onInvite, onCall, onTopic }: ComposerInput) {
  const plaza = usePlaza();
  const field = useRef<HTMLTextAreaElement>(null);
  /** Takes the caret to the end of what is there by then. */
  const focus = useCallback(() => {
    field.current?.focus();
    requestAnimationFrame(() => {
      const end = field.current?.value.length ?? 0;
      field.current?.setSelectionRange(end, end);
    });
  }, []);
  const writing = useWriting(room, focus);
  const uploads = useUploads(room.id);
  const [sendWhenDone, setSendWhenDone] = useState(false);
  /** Why the server did not take an edit, until it is tried again. */
  const [refused, setRefused] = useState<ErrorCode | null>(null);
  const { text, editing, replyTo } = writing;

  const busy = uploads.uploads.some((upload) => upload.info === null && upload.error === null);
  const charsMax = uploads.limits?.message_chars_max ?? Number.POSITIVE_INFINITY;
  const over = Math.max(0, [...text].length - charsMax);
  const infos = uploads.uploads.flatMap((upload) => upload.info ?? []);
  const something = text.trim() !== "" || uploads.uploads.length > 0;

  const clear = () => {
    writing.clear();
    setSendWhenDone(false);
    uploads.clear();
  };

  const saveEdit = (message: MessageEvent) => {
    const next = text.trim();
    writing.cancel();
    if (next === "" || next === message.text) return;
    plaza.edit(room.id, message, next).catch((error: unknown) => {
      writing.edit(message, next);
      setRefused(asApiError(error).code);
    });
  };

  const send = () => {
    setRefused(null);
    if (over > 0) return;
    if (editing !== null) return saveEdit(editing);
    const command = commandOf(text);
    if (command !== null && mayHost(plaza.rooms.getState().me)) {
      if (command.name === "invite") onInvite();
      else if (command.name === "call") onCall();
      else onTopic(command.rest);
      return clear();
    }
    if (busy) return setSendWhenDone(true);
    if (text.trim() === "" && infos.length === 0) return;
    plaza.post(room.id, { text: text.trim(), reply_to: replyTo, files: infos });
    clear();
    onSent();
  };

  const latestSend = useRef(send);
  latestSend.current = send;
  useEffect(() => {
    if (sendWhenDone && !busy) latestSend.current();
  }, [sendWhenDone, busy]);

  /** `sendWhenDone`: it goes by itself when the uploads are done. */
  return { ...writing, field, focus, send, over, uploads, sendWhenDone, something, refused };
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
