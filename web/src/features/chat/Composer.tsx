import { IconArrowUp, IconMoodSmile, IconPlus } from "@tabler/icons-react";
import { type ClipboardEvent, type KeyboardEvent, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { MessageEvent, Room } from "../../client/types";
import { ICON } from "../../ui/icon";
import styles from "./Composer.module.css";
import { ComposerStrip } from "./ComposerStrip";
import { EmojiButton } from "./EmojiButton";
import { Suggestions } from "./Suggestions";
import { UploadTray } from "./UploadTray";
import { type ComposerState, useAutosize, useFocusOnOpen, useTypeAnywhere } from "./useComposer";
import { useSuggestions } from "./useSuggestions";

interface ComposerProps {
  room: Room;
  name: string;
  composer: ComposerState;
  /** The message that arrow-up edits. */
  lastOwn: () => MessageEvent | null;
}

/** While an input method is composing, Enter and the arrows belong to it. Safari tells only by the key code. */
function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

const touch = () => window.matchMedia("(pointer: coarse)").matches;

export function Composer({ room, name, composer, lastOwn }: ComposerProps) {
  const { t } = useTranslation();
  const { field, text, change, uploads } = composer;
  const picker = useRef<HTMLInputElement>(null);
  const suggestions = useSuggestions(room, text, change);
  const id = useId();
  useAutosize(field, text);
  useTypeAnywhere(field);
  useFocusOnOpen(field);
  const talk = room.kind === "direct" || room.kind === "group";

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (isComposing(event)) return;
    if (suggestions.onKeyDown(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !touch()) {
      event.preventDefault();
      composer.send();
    } else if (event.key === "ArrowUp" && text === "" && composer.editing === null) {
      const message = lastOwn();
      if (message === null) return;
      event.preventDefault();
      composer.edit(message);
    } else if (event.key === "Escape" && (composer.editing !== null || composer.replyTo !== null)) {
      event.stopPropagation();
      composer.cancel();
    }
  };

  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    uploads.add(files);
  };

  const insert = (sign: string) => {
    const caret = field.current?.selectionStart ?? text.length;
    change(text.slice(0, caret) + sign + text.slice(field.current?.selectionEnd ?? caret));
    composer.focus();
  };

  return (
    <div className={styles.composer} data-editing={composer.editing !== null || undefined}>
      {suggestions.open && (
        <Suggestions
          id={id}
          offers={suggestions.offers}
          selected={suggestions.selected}
          onPick={(offer) => suggestions.pick(offer, field.current)}
        />
      )}
      <ComposerStrip composer={composer} />
      <UploadTray uploads={uploads.uploads} onRemove={uploads.remove} onRetry={uploads.retry} />
      <div className={styles.line}>
        <button
          type="button"
          className={styles.button}
          aria-label={t("chat.composer.attach")}
          title={t("chat.composer.attach")}
          disabled={composer.editing !== null}
          onClick={() => picker.current?.click()}
        >
          <IconPlus {...ICON} size={20} />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            uploads.add([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <textarea
          ref={field}
          className={styles.field}
          rows={1}
          value={text}
          aria-label={t("chat.composer.label", { name })}
          aria-autocomplete="list"
          aria-controls={suggestions.open ? id : undefined}
          aria-activedescendant={suggestions.open ? `${id}-${suggestions.selected}` : undefined}
          placeholder={t(talk ? "chat.composer.placeholderTalk" : "chat.composer.placeholder", { name })}
          enterKeyHint={touch() ? "enter" : "send"}
          onChange={(event) => {
            change(event.target.value);
            suggestions.setCaret(event.target.selectionStart);
          }}
          onSelect={(event) => suggestions.setCaret(event.currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <EmojiButton label={t("chat.composer.emoji")} className={styles.button} onPick={insert}>
          <IconMoodSmile {...ICON} size={20} />
        </EmojiButton>
        <button
          type="button"
          className={styles.send}
          aria-label={t("chat.composer.send")}
          title={t("chat.composer.send")}
          data-ready={(composer.something && composer.over === 0) || undefined}
          disabled={!composer.something || composer.over > 0 || composer.sendWhenDone}
          onClick={composer.send}
        >
          <IconArrowUp {...ICON} size={20} />
        </button>
      </div>
      {composer.over > 0 && (
        <p className={styles.over} role="alert">
          {t("chat.composer.tooLong", { count: composer.over })}
        </p>
      )}
    </div>
  );
}
