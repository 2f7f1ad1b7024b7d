import { IconMessageCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { SearchHit } from "../../client/types";
import { excerptAround } from "../../lib/excerpt";
import { ago } from "../../lib/when";
import { ICON } from "../../ui/icon";
import { Marked } from "../../ui/Marked";
import { usePerson, useRoom } from "../../ui/plaza";
import { Option, type OptionProps } from "./Option";

const EXCERPT_CHARS = 44;

/** A message that has the words, one line of it. */
export function SaidLine({ hit, query, ...about }: OptionProps & { hit: SearchHit; query: string }) {
  const { i18n } = useTranslation();
  const author = usePerson(hit.event.author);
  const room = useRoom(hit.room);
  const { text, ranges } = excerptAround(hit.event.text, query, EXCERPT_CHARS);
  const where = [
    author?.display_name,
    room?.name ? `# ${room.name}` : undefined,
    ago(hit.event.at, Date.now(), i18n.language),
  ];
  return (
    <Option {...about} icon={<IconMessageCircle {...ICON} />} end={where.filter(Boolean).join(", ")}>
      <Marked text={text} ranges={ranges} />
    </Option>
  );
}
