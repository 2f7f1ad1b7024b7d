export interface ShortcutsProps {
  onClose: () => void;
}

/** The `?` sheet, mounted while it is open. */
export default function Shortcuts(_: ShortcutsProps) {
  return null;
}
