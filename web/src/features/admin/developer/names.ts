// Which channels are an app's, and what somebody meant by a list of them. Pure.

/** The product's own: rooms, people, the place. */
const PRODUCT = ["room:", "user:", "typing:", "live:", "game:"];

/** The room or person that a channel of the product belongs to, by id; null for any other channel. */
export function ownerOf(channel: string): { room: string } | { user: string } | null {
  const [, kind, id] = /^(room|typing|user):(.+)$/.exec(channel) ?? [];
  if (kind === undefined || id === undefined) return null;
  return kind === "user" ? { user: id } : { room: id };
}

export function isProductChannel(channel: string): boolean {
  return channel === "place" || PRODUCT.some((start) => channel.startsWith(start));
}

/** `news, chat:*` as a list, without what is twice. */
export function channelList(text: string): string[] {
  const names = text.split(/[\s,，、]+/).filter((name) => name !== "");
  return [...new Set(names)];
}

export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]/i.test(text.trim()) && URL.canParse(text.trim());
}
