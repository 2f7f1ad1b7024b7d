import { useEffect, useState } from "react";

interface Coloured {
  language: string;
  text: string;
  html: string | null;
}

/** The block with colours, or null until they are there (and for languages nobody knows). */
export function useHighlighted(language: string, text: string): string | null {
  const [coloured, setColoured] = useState<Coloured | null>(null);
  useEffect(() => {
    let current = true;
    const name = language.split(/[\s,{:·]/)[0]?.toLowerCase() ?? "";
    if (name === "") return;
    import("./highlight").then(
      ({ highlight }) => {
        if (current) setColoured({ language, text, html: highlight(name, text) });
      },
      // Offline, and never fetched before: the block stays without colours.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [language, text]);
  // Colours of what stood here before belong to nothing any more.
  return coloured?.text === text && coloured.language === language ? coloured.html : null;
}
