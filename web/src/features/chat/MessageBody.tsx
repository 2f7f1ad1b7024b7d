import { memo } from "react";
import type { PersonId } from "../../client/types";
import { CodeBlock } from "./CodeBlock";
import { useMentionNames } from "./hooks";
import styles from "./MessageBody.module.css";
import { blocksOf, isOnlyEmoji } from "./markdown";

interface MessageBodyProps {
  text: string;
  mentions: PersonId[];
  mentionAll: boolean;
}

export const MessageBody = memo(function MessageBody({ text, mentions, mentionAll }: MessageBodyProps) {
  const names = useMentionNames({ mentions, mention_all: mentionAll });
  if (isOnlyEmoji(text)) return <p className={styles.large}>{text}</p>;
  return (
    <div className={styles.body}>
      {blocksOf(text, names).map((block, index) =>
        block.kind === "code" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text have no other name.
          <CodeBlock key={index} language={block.language} text={block.text} />
        ) : (
          // biome-ignore lint/security/noDangerouslySetInnerHtml: cleaned by DOMPurify in markdown.ts.
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text have no other name.
          <div key={index} dangerouslySetInnerHTML={{ __html: block.html }} />
        ),
      )}
    </div>
  );
});
