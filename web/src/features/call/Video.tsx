import { useEffect, useRef } from "react";
import type { PersonId } from "../../client/types";
import type { TileKind } from "../../media/tiles";
import { useCall } from "./context";
import styles from "./Tile.module.css";

interface VideoProps {
  person: PersonId;
  kind: TileKind;
  /** The track's id: another one is attached anew. */
  sid: string;
  mine: boolean;
}

/** Somebody's video. Silent: sound plays by itself. Decorative: the tile around it carries the name. */
export function Video({ person, kind, sid, mine }: VideoProps) {
  const { session } = useCall();
  const ref = useRef<HTMLVideoElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another track of the same person is attached anew.
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    return session.attach(person, kind, element);
  }, [session, person, kind, sid]);
  return (
    <video
      ref={ref}
      className={kind === "screen" ? styles.screen : styles.camera}
      data-mirror={(mine && kind === "camera") || undefined}
      muted
      playsInline
      autoPlay
      disablePictureInPicture={false}
    />
  );
}
