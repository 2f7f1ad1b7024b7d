// What a page with a left menu offers, and what its search field finds. Pure.
import { ranked } from "../../lib/match";

export interface Item {
  page: string;
  label: string;
  icon: React.ComponentType<{ size?: number | string; stroke?: number | string }>;
  /** Shown at the end of the line; left out when undefined. */
  count?: number | undefined;
}

export interface Group {
  label: string;
  items: Item[];
}

/** One setting as the search field knows it: its own words, and the page it stands on. */
export interface Entry {
  page: string;
  /** The `id` of the setting on the page. */
  id: string;
  label: string;
  note: string;
}

export function itemOf(groups: readonly Group[], page: string | undefined): Item | undefined {
  return groups.flatMap((group) => group.items).find((item) => item.page === page);
}

/** Settings whose name or sentence has every word of the query; names count more. */
export function findEntries(query: string, entries: readonly Entry[]): Entry[] {
  const byName = ranked(query, entries, (entry) => ({ text: entry.label })).map(({ item }) => item);
  const bySentence = entries.filter(
    (entry) =>
      !byName.includes(entry) &&
      query
        .toLowerCase()
        .split(/\s+/)
        .every((word) => entry.note.toLowerCase().includes(word)),
  );
  return [...byName, ...bySentence];
}
