export interface LoginProps {
  /** A session runs now. */
  onEntered: () => void;
}

export default function Login(_: LoginProps) {
  return null;
}
