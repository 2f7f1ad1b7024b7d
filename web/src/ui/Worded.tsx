/** A sentence in which what stands between backticks is something to type. */
export function Worded({ text }: { text: string }) {
  return text.split("`").map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence have no other name.
    index % 2 === 1 ? <code key={index}>{part}</code> : part,
  );
}
