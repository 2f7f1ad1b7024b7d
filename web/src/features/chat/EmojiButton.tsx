import { Popover } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useState } from "react";

const EmojiPicker = lazy(() => import("./EmojiPicker"));

interface EmojiButtonProps {
  label: string;
  className?: string | undefined;
  onPick: (emoji: string) => void;
  onOpen?: (open: boolean) => void;
  children: ReactNode;
}

/** A button that opens the emoji picker, which is fetched the first time. */
export function EmojiButton({ label, className, onPick, onOpen, children }: EmojiButtonProps) {
  const [open, setOpen] = useState(false);
  const change = (next: boolean) => {
    setOpen(next);
    onOpen?.(next);
  };
  return (
    <Popover opened={open} onChange={change} position="top-end" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={className}
          aria-label={label}
          title={label}
          onClick={() => change(!open)}
        >
          {children}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {open && (
          <Suspense fallback={null}>
            <EmojiPicker
              onPick={(emoji) => {
                onPick(emoji);
                change(false);
              }}
            />
          </Suspense>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
