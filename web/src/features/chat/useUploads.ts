import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, uploadFile } from "../../client/api";
import { asApiError } from "../../client/error";
import type { ErrorCode, FileInfo, PlaceLimits, RoomId } from "../../client/types";

export interface Upload {
  id: string;
  name: string;
  size: number;
  /** An object URL for images, to be seen before the server has them. */
  preview: string | null;
  /** 0 to 1. */
  share: number;
  info: FileInfo | null;
  error: ErrorCode | null;
}

export const FILES_PER_MESSAGE_MAX = 10;

export function useLimits(): PlaceLimits | null {
  return useQuery({ queryKey: ["place"], queryFn: api.place, staleTime: 600_000 }).data?.limits ?? null;
}

let counter = 0;

/** Files on their way to a room. They are sent as soon as they are chosen, so that the post itself is light. */
export function useUploads(room: RoomId) {
  const limits = useLimits();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const aborts = useRef(new Map<string, AbortController>());
  const files = useRef(new Map<string, File>());

  const change = useCallback((id: string, part: Partial<Upload>) => {
    setUploads((all) => all.map((upload) => (upload.id === id ? { ...upload, ...part } : upload)));
  }, []);

  const start = useCallback(
    (id: string, file: File) => {
      const abort = new AbortController();
      aborts.current.set(id, abort);
      change(id, { share: 0, error: null });
      uploadFile(room, file, {
        signal: abort.signal,
        onProgress: (share) => change(id, { share }),
      }).then(
        (info) => change(id, { info, share: 1 }),
        (error: unknown) => change(id, { error: asApiError(error).code }),
      );
    },
    [room, change],
  );

  const add = useCallback(
    (chosen: File[]) => {
      const bytesMax = limits?.file_bytes_max ?? Number.POSITIVE_INFINITY;
      for (const file of chosen.slice(0, FILES_PER_MESSAGE_MAX)) {
        counter += 1;
        const id = `upload-${counter}`;
        const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
        const tooLarge = file.size > bytesMax;
        files.current.set(id, file);
        const error: ErrorCode | null = tooLarge ? "too_large" : null;
        const upload = { id, name: file.name, size: file.size, preview, share: 0, info: null, error };
        setUploads((all) => [...all, upload].slice(0, FILES_PER_MESSAGE_MAX));
        if (!tooLarge) start(id, file);
      }
    },
    [limits, start],
  );

  const remove = useCallback((id: string) => {
    aborts.current.get(id)?.abort();
    aborts.current.delete(id);
    files.current.delete(id);
    setUploads((all) => {
      const gone = all.find((upload) => upload.id === id);
      if (gone?.preview) URL.revokeObjectURL(gone.preview);
      return all.filter((upload) => upload.id !== id);
    });
  }, []);

  const retry = useCallback(
    (id: string) => {
      const file = files.current.get(id);
      if (file !== undefined) start(id, file);
    },
    [start],
  );

  const clear = useCallback(() => {
    aborts.current.clear();
    files.current.clear();
    setUploads((all) => {
      for (const upload of all) if (upload.preview) URL.revokeObjectURL(upload.preview);
      return [];
    });
  }, []);

  useEffect(() => {
    const running = aborts.current;
    return () => {
      for (const abort of running.values()) abort.abort();
    };
  }, []);

  return { uploads, limits, add, remove, retry, clear };
}
