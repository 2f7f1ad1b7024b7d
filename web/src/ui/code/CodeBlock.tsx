import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useCopy } from "../hooks";
import { ICON_SMALL } from "../icon";
import styles from "./CodeBlock.module.css";
import { useHighlighted } from "./useHighlighted";

interface CodeBlockProps {
  language: string;
  text: string;
  /** Takes the width there is, instead of the measure of a message. */
  wide?: boolean;
}

/** A fenced block: its language, a copy button, colours once they are loaded. */
export function CodeBlock({ language, text, wide = false }: CodeBlockProps) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  const html = useHighlighted(language, text);
  return (
    <figure className={styles.block} data-wide={wide || undefined}>
      <figcaption className={styles.head}>
        <span>{language}</span>
        <button type="button" className={styles.copy} onClick={() => copy(text)}>
          {copied ? <IconCheck {...ICON_SMALL} /> : <IconCopy {...ICON_SMALL} />}
          {copied ? t("common.copied") : t("common.copy")}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll, also by key. */}
      <pre className={styles.code} tabIndex={0}>
        {html === null ? (
          <code>{text}</code>
        ) : (
          // biome-ignore lint/security/noDangerouslySetInnerHtml: highlight.js escapes the text it wraps in spans.
          <code dangerouslySetInnerHTML={{ __html: html }} />
        )}
      </pre>
    </figure>
  );
}
