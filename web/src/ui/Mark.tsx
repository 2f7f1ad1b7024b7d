export interface MarkProps {
  size?: number;
  /** What stands in the open square. */
  state?: "quiet" | "mention" | "call";
}

export function Mark({ size = 20 }: MarkProps) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} fill="var(--accent)" aria-hidden="true">
      <rect x="0" y="0" width="16" height="4" rx="1" />
      <rect x="0" y="5" width="4" height="11" rx="1" />
      <rect x="12" y="5" width="4" height="4" rx="1" />
      <rect x="5" y="12" width="11" height="4" rx="1" />
    </svg>
  );
}
