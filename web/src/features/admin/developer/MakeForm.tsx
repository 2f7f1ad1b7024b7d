import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Problem } from "../../../ui/Problem";
import own from "../../../ui/pages/Setting.module.css";
import { useReason, useWords } from "./hooks";

interface MakeFormProps {
  /** What the one field asks for. */
  label: string;
  pending: boolean;
  error: unknown;
  /** The field is emptied when it has worked. */
  onMake: (name: string, done: () => void) => void;
}

const NAME_CHARS_MAX = 64;

/** A name and a button: something new. */
export function MakeForm({ label, pending, error, onMake }: MakeFormProps) {
  const t = useWords();
  const [name, setName] = useState("");
  const reason = useReason(error, "name")("name");
  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== "") onMake(name.trim(), () => setName(""));
  }
  return (
    <>
      <form className={own.inline} onSubmit={submit}>
        <TextInput
          className={own.grow ?? ""}
          aria-label={label}
          placeholder={label}
          value={name}
          maxLength={NAME_CHARS_MAX}
          autoComplete="off"
          error={reason}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" disabled={name.trim() === ""} loading={pending}>
          {t("keys.make")}
        </Button>
      </form>
      {reason === undefined ? <Problem error={error} /> : null}
    </>
  );
}
