import { useEffect, useState } from "react";

/** The block with colours, or null until they are there (and for languages nobody knows). */
export function useHighlighted(language: string, text: string): string | null {
  const [html, setHtml] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const name = language.split(/[\s,{:·]/)[0]?.toLowerCase() ?? "";
    if (name === "") return;
    void import("./highlight").then(({ highlight }) => {
      if (current) setHtml(highlight(name, text));
    });
    return () => {
      current = false;
    };
  }, [language, text]);
  return html;
}
