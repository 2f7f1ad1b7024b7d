import { ActionIcon, Tooltip } from "@mantine/core";
import type { MouseEvent, ReactNode } from "react";

interface IconButtonProps {
  label: string;
  onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  children: ReactNode;
  /** Edge in pixels; touch screens get at least 44 through the theme. */
  size?: number;
  pressed?: boolean;
  disabled?: boolean;
  className?: string | undefined;
}

export function IconButton(props: IconButtonProps) {
  const { label, onClick, children, size = 32, pressed, disabled = false, className } = props;
  return (
    <Tooltip label={label} events={{ hover: true, focus: false, touch: false }}>
      <ActionIcon
        aria-label={label}
        onClick={onClick}
        size={size}
        disabled={disabled}
        {...(className === undefined ? {} : { className })}
        {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
