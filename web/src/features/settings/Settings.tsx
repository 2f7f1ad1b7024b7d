export interface SettingsProps {
  /** The part of the address after /settings/. */
  page: string | undefined;
  onPage: (page: string) => void;
  onClose: () => void;
  /** The session was ended here. */
  onLoggedOut: () => void;
}

export default function Settings(_: SettingsProps) {
  return null;
}
