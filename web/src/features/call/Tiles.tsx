import { useEffect, useRef } from "react";
import type { Tile as TileState } from "../../media/tiles";
import { gridOf, visibleCount } from "../../media/tiles";
import { useCall, useFloor, useWords } from "./context";
import { useSize, useView } from "./hooks";
import { Tile } from "./Tile";
import styles from "./Tiles.module.css";

/** Everybody, alike or with one large, always in places that stay. */
export function Tiles() {
  const view = useView();
  const tiles = useFloor((floor) => floor.tiles);
  const order = useFloor((floor) => floor.order);
  const large = useFloor((floor) => floor.large);
  const byKey = new Map(tiles.map((tile) => [tile.key, tile]));
  const shown = order.flatMap((key) => byKey.get(key) ?? []);
  const main = large === null ? undefined : byKey.get(large);
  if (view === "speaker" && main !== undefined && shown.length > 1) {
    return <Speaker main={main} strip={shown.filter((tile) => tile !== main)} />;
  }
  return <Grid tiles={shown} />;
}

function Grid({ tiles }: { tiles: TileState[] }) {
  const t = useWords();
  const { session } = useCall();
  const ref = useRef<HTMLDivElement>(null);
  const size = useSize(ref);
  // Sizes are told in whole pixels, rounded: one less surely fits.
  const width = Math.max(0, size.width - 1);
  const { height } = size;
  const fits = width === 0 ? tiles.length : visibleCount(tiles.length, width, height);
  // When not everybody fits, the last seat tells how many more there are.
  const seats = fits < tiles.length ? Math.max(1, fits - 1) : fits;
  useEffect(() => session.floor.fit(seats), [session, seats]);
  const more = tiles.length - seats;
  const shape = gridOf(more > 0 ? seats + 1 : seats, width, height);
  // Whole pixels, else the last of a row would not fit by a hair.
  const box = { width: Math.floor(shape.width), height: Math.floor(shape.height) };
  return (
    <div ref={ref} className={styles.grid}>
      <div className={styles.cells} style={{ maxWidth: shape.columns * (box.width + 10) }}>
        {width > 0 &&
          tiles.slice(0, seats).map((tile) => (
            <div key={tile.key} style={box}>
              <Tile tile={tile} face={Math.round(Math.min(shape.width, shape.height) * 0.38)} />
            </div>
          ))}
        {more > 0 && (
          <div className={styles.more} style={box}>
            {t("hidden", { count: more })}
          </div>
        )}
      </div>
    </div>
  );
}

function Speaker({ main, strip }: { main: TileState; strip: TileState[] }) {
  return (
    <div className={styles.speaker}>
      <div className={styles.main}>
        <Tile key={main.key} tile={main} face={128} />
      </div>
      <div className={styles.strip}>
        {strip.map((tile) => (
          <div key={tile.key} className={styles.small}>
            <Tile tile={tile} face={48} small />
          </div>
        ))}
      </div>
    </div>
  );
}
