import { type FocusEvent, type PointerEvent, useMemo, useRef, useState } from "react";
import type { MessageEvent } from "../../client/types";
import { copyText } from "../../ui/hooks";
import { useChat } from "./context";

const LONG_PRESS_MS = 420;
const MOVED_PX = 10;

/** When a row shows its bar: under the mouse, with the focus inside, while a menu is open. A long press opens the sheet. */
export function useRowActions(message: MessageEvent) {
  const chat = useChat();
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const [menu, setMenu] = useState(false);
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const endPress = () => {
    if (press.current !== null) clearTimeout(press.current.timer);
    press.current = null;
  };
  const handlers = {
    // Not `enter`: a row that appears under a resting pointer is told only of `over`.
    onPointerOver: (event: PointerEvent) => {
      if (event.pointerType === "mouse") setHovered(true);
    },
    onPointerLeave: () => setHovered(false),
    onFocus: (event: FocusEvent<HTMLElement>) => {
      if (event.currentTarget.matches(":focus-visible, :has(:focus-visible)")) setFocused(true);
    },
    onBlur: (event: FocusEvent<HTMLElement>) => {
      if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
    },
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType === "mouse" || message.deleted) return;
      endPress();
      const timer = setTimeout(() => {
        press.current = null;
        navigator.vibrate?.(8);
        chat.openSheet(message);
      }, LONG_PRESS_MS);
      press.current = { timer, x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent) => {
      if (event.pointerType === "mouse") setHovered(true);
      const start = press.current;
      if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > MOVED_PX) endPress();
    },
    onPointerUp: endPress,
    onPointerCancel: endPress,
    onContextMenu: (event: { preventDefault: () => void; nativeEvent: Event }) => {
      const pointer = event.nativeEvent as globalThis.PointerEvent;
      if (pointer.pointerType === "touch") event.preventDefault();
    },
  };
  return { active: hovered || focused || menu, handlers, setMenu };
}

export interface MessageActions {
  edit: (() => void) | null;
  remove: (() => void) | null;
  copyText: () => void;
  copyLink: () => void;
  unread: () => void;
}

export function useMessageActions(message: MessageEvent): MessageActions {
  const chat = useChat();
  return useMemo(() => {
    const mine = message.author === chat.me;
    return {
      edit: mine && chat.mayWrite ? () => chat.edit(message) : null,
      remove: (mine && chat.mayWrite) || chat.mayModerate ? () => chat.remove(message) : null,
      copyText: () => void copyText(message.text),
      copyLink: () => void copyText(`${window.location.origin}/r/${chat.room}/${message.seq}`),
      unread: () => chat.unreadFrom(message),
    };
  }, [chat, message]);
}
