import { Tile } from "../../ui/Face";
import styles from "./Form.module.css";

/** The unpainted tile in front of the name field; it takes its colours when its owner has an id. */
export function NameTile({ name }: { name: string }) {
  return (
    <span className={styles.nameTile}>
      <Tile id={name.trim()} size={24} hue={0} />
    </span>
  );
}
