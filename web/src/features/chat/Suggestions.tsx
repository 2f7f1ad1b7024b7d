import { IconHash, IconPhone, IconUserPlus, IconUsers } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Face } from "../../ui/Face";
import { ICON } from "../../ui/icon";
import { RoomSign } from "../../ui/RoomSign";
import type { CommandName } from "./commands";
import styles from "./Suggestions.module.css";
import type { Offer } from "./useSuggestions";

interface SuggestionsProps {
  id: string;
  offers: Offer[];
  selected: number;
  onPick: (offer: Offer) => void;
}

export function Suggestions({ id, offers, selected, onPick }: SuggestionsProps) {
  const { t } = useTranslation();
  return (
    <div id={id} className={styles.list} role="listbox" aria-label={t("chat.composer.suggestions")}>
      {offers.map((offer, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are on the text field that owns the list.
        <div
          key={offer.key}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === selected}
          className={styles.offer}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(offer)}
        >
          <OfferView offer={offer} />
        </div>
      ))}
    </div>
  );
}

const COMMAND_ICONS: Record<CommandName, ReactNode> = {
  call: <IconPhone {...ICON} />,
  invite: <IconUserPlus {...ICON} />,
  topic: <IconHash {...ICON} />,
};

function OfferView({ offer }: { offer: Offer }) {
  const { t } = useTranslation();
  switch (offer.kind) {
    case "person":
      return line(
        <Face person={offer.person} size={20} presence={offer.person.presence} />,
        offer.person.display_name,
        offer.person.name,
      );
    case "everyone":
      return line(<IconUsers {...ICON} />, offer.key, t("chat.composer.everyone"));
    case "room":
      return line(<RoomSign room={offer.room} size={20} />, offer.room.name, offer.room.topic);
    case "emoji":
      return line(offer.emoji.sign, `:${offer.emoji.words[0] ?? ""}`, offer.emoji.words.at(-1) ?? "");
    case "command":
      return line(COMMAND_ICONS[offer.command], `/${offer.command}`, t(`chat.command.${offer.command}`));
  }
}

function line(sign: ReactNode, name: string, note: string) {
  return (
    <>
      <span className={styles.sign}>{sign}</span>
      <span className={styles.name}>{name}</span>
      <span className={styles.note}>{note}</span>
    </>
  );
}
