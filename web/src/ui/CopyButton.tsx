import { Button, type ButtonProps } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useCopy } from "./hooks";
import { ICON } from "./icon";

export interface CopyButtonProps extends ButtonProps {
  text: string;
  /** What is copied, for those who only hear the button. */
  about?: string;
  /** What the button says instead of "Copy". */
  label?: string;
}

/** Says "Copied" in its own place for a moment; nothing pops up. */
export function CopyButton({ text, about, label, ...look }: CopyButtonProps) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Button
      {...look}
      onClick={() => copy(text)}
      aria-label={about === undefined ? undefined : `${t("common.copy")}: ${about}`}
      leftSection={<Icon {...ICON} />}
    >
      <span aria-live="polite">{copied ? t("common.copied") : (label ?? t("common.copy"))}</span>
    </Button>
  );
}
