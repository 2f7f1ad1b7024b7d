// Whom one looks for among the connections. The server finds whole names; parts of them are found in what it listed. Pure.
import type { LiveConnection } from "../../../client/developer";
import type { Person, PersonId } from "../../../client/types";

export interface Sought {
  user: string;
  channel: string;
}

type People = Readonly<Record<PersonId, Pick<Person, "id" | "name" | "display_name">>>;

/** The user that the server is asked for: a person by name or handle, else the text as it is. */
export function askedUser(text: string, people: People): string {
  const wanted = text.trim().replace(/^@/, "").toLowerCase();
  if (wanted === "") return "";
  const person = Object.values(people).find((one) =>
    [one.name, one.display_name].some((name) => name.toLowerCase() === wanted),
  );
  return person?.id ?? text.trim();
}

function fits(one: LiveConnection, { user, channel }: Sought, people: People): boolean {
  const person = people[one.user];
  const names = [one.user, one.client, person?.name ?? "", person?.display_name ?? ""];
  const wantedUser = user.trim().replace(/^@/, "").toLowerCase();
  const wantedChannel = channel.trim().toLowerCase();
  return (
    names.some((name) => name.toLowerCase().includes(wantedUser)) &&
    (wantedChannel === "" || one.subscriptions.some((name) => name.toLowerCase().includes(wantedChannel)))
  );
}

/** What the server found under the whole names, and behind it what fits in part; each connection once. */
export function findConnections(
  exact: readonly LiveConnection[],
  all: readonly LiveConnection[],
  sought: Sought,
  people: People,
): LiveConnection[] {
  const known = new Set(exact.map((one) => one.client));
  return [...exact, ...all.filter((one) => !known.has(one.client) && fits(one, sought, people))];
}
