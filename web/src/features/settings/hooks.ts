// Reads and writes of the settings, and what they need of the browser.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { applyUserEvent } from "../../client/rooms";
import type { Me, RoomId, Seq } from "../../client/types";
import { usePlaza } from "../../ui/plaza";
import { type Crop, sourceSquare } from "./crop";
import { storedNotices } from "./device";
import { noticesBetween } from "./notices";
import { playNotice } from "./sound";

/** Takes over what the server answered about me, without waiting for the live stream. */
export function useTookMe(): (me: Me) => void {
  const { rooms } = usePlaza();
  return (me) => rooms.setState((state) => applyUserEvent(state, { kind: "me", me }));
}

export function useLimits() {
  return useQuery({ queryKey: ["place"], queryFn: api.place, select: (place) => place.limits }).data;
}

export function useSessions() {
  return useQuery({ queryKey: ["sessions"], queryFn: api.sessions, select: (answer) => answer.sessions });
}

export function useTokens() {
  return useQuery({ queryKey: ["tokens"], queryFn: api.tokens, select: (answer) => answer.tokens });
}

/** A write after which a list is read again. */
export function useWrite<Input, Output>(key: string, write: (input: Input) => Promise<Output>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: write,
    onSuccess: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}

/** The chosen file as pixels; null while it is read, "unreadable" when it is no image. */
export function usePixels(file: File): ImageBitmap | "unreadable" | null {
  const [pixels, setPixels] = useState<ImageBitmap | "unreadable" | null>(null);
  useEffect(() => {
    let gone = false;
    createImageBitmap(file).then(
      (bitmap) => (gone ? bitmap.close() : setPixels(bitmap)),
      () => setPixels("unreadable"),
    );
    return () => {
      gone = true;
    };
  }, [file]);
  return pixels;
}

/** Keeps the canvas showing the square that will be cut out. */
export function useCropDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  pixels: ImageBitmap,
  crop: Crop,
): void {
  useEffect(() => {
    const target = canvas.current;
    const pen = target?.getContext("2d");
    if (target === null || !pen) return;
    const { left, top, side } = sourceSquare(pixels, crop);
    pen.imageSmoothingQuality = "high";
    pen.clearRect(0, 0, target.width, target.height);
    pen.drawImage(pixels, left, top, side, side, 0, 0, target.width, target.height);
  }, [canvas, pixels, crop]);
}

export type Permission = NotificationPermission | "unsupported";

/** What the browser allows now, and a way to ask. Outside of https and localhost browsers offer nothing. */
export function usePermission(): { permission: Permission; ask: () => Promise<Permission> } {
  const now = (): Permission => ("Notification" in window ? Notification.permission : "unsupported");
  const [permission, setPermission] = useState(now);
  return {
    permission,
    async ask() {
      const answer = now() === "default" ? await Notification.requestPermission() : now();
      setPermission(answer);
      return answer;
    },
  };
}

/**
 * Announces mentions and direct messages while the page is open, as chosen for this device. For the frame around
 * the rooms: `shown` is the room on screen, which is announced only when the window is not being looked at.
 */
export function useNotices(shown: RoomId | null, onOpenRoom: (room: RoomId, seq: Seq) => void): void {
  const { rooms } = usePlaza();
  const { t } = useTranslation();
  useEffect(
    () =>
      rooms.subscribe((after, before) => {
        const choice = storedNotices();
        if (!choice.notify && !choice.sound) return;
        const looking = document.visibilityState === "visible" && document.hasFocus();
        for (const notice of noticesBetween(before, after)) {
          if (looking && notice.room === shown) continue;
          if (choice.sound) playNotice();
          if (!choice.notify || !("Notification" in window) || Notification.permission !== "granted")
            continue;
          const author = after.people[notice.author]?.display_name ?? "";
          const room = after.rooms[notice.room]?.name ?? "";
          const title = notice.talk ? author : t("settings.noticeTitle", { name: author, room });
          const card = new Notification(title, { body: notice.excerpt, tag: notice.room, icon: "/mark.svg" });
          card.onclick = () => {
            window.focus();
            onOpenRoom(notice.room, notice.seq);
            card.close();
          };
        }
      }),
    [rooms, shown, onOpenRoom, t],
  );
}
