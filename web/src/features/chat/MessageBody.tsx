import { memo } from "react";
import type { PersonId } from "../../client/types";
import { Contained } from "../../ui/Contained";
import { CodeBlock } from "../../ui/code/CodeBlock";
import { useLinksInside, useMentionNames, useRoomNames } from "./hooks";
import styles from "./MessageBody.module.css";
import { blocksOf, isOnlyEmoji } from "./markdown";

interface MessageBodyProps {
  text: string;
  mentions: PersonId[];
  mentionAll: boolean;
}

/** A text as its author meant it; a text that cannot be drawn so stands there as it was typed. */
export const MessageBody = memo(function MessageBody(props: MessageBodyProps) {
  return (
    <Contained about={props.text} instead={<p className={styles.raw}>{props.text}</p>}>
      <Body {...props} />
    </Contained>
  );
});

function Body({ text, mentions, mentionAll }: MessageBodyProps) {
  const names = useMentionNames({ mentions, mention_all: mentionAll });
  const rooms = useRoomNames(text);
  const follow = useLinksInside();
  if (isOnlyEmoji(text)) return <p className={styles.large}>{text}</p>;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the links inside take focus and keys; this only leads them.
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click.
    <div className={styles.body} onClick={follow}>
      {blocksOf(text, names, rooms).map((block, index) =>
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
}
