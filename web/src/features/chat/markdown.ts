// Message text to safe blocks: Markdown by marked, cleaned by DOMPurify. Raw HTML in a message is shown as typed.
import DOMPurify from "dompurify";
import { Marked, type RendererExtension, type Token, type TokenizerExtension } from "marked";

export type Block = { kind: "html"; html: string } | { kind: "code"; language: string; text: string };

export interface MentionName {
  /** What may stand behind the @: the handle or the name as shown. */
  text: string;
  shown: string;
  me: boolean;
}

/** A room whose name may stand behind a #, and where it leads. */
export interface RoomName {
  text: string;
  address: string;
}

/** The rooms the message may name. */
let rooms: RoomName[] = [];
/** The names of the message that is being parsed; parsing is synchronous. */
let names: MentionName[] = [];

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const SAFE_ADDRESS = /^(?:https?|mailto|tel):/i;

/** Links open beside the room and tell nobody where they were clicked; an address that runs code is none. */
function linkOf(address: string, inner: string): string {
  if (!SAFE_ADDRESS.test(address)) return inner;
  return `<a href="${escapeHtml(address)}" target="_blank" rel="noopener noreferrer nofollow">${inner}</a>`;
}

const mention: TokenizerExtension & RendererExtension = {
  name: "mention",
  level: "inline",
  start: (source) => source.search(/[@＠]/),
  tokenizer(source) {
    if (!/^[@＠]/.test(source)) return undefined;
    const rest = source.slice(1).toLowerCase();
    const name = names.find((candidate) => rest.startsWith(candidate.text.toLowerCase()));
    if (name === undefined) return undefined;
    return { type: "mention", raw: source.slice(0, name.text.length + 1), shown: name.shown, me: name.me };
  },
  renderer(token) {
    const kind = token.me ? "mention mention-me" : "mention";
    return `<span class="${kind}">@${escapeHtml(String(token.shown))}</span>`;
  },
};

const WORD = /[\p{L}\p{N}_-]/u;

const roomLink: TokenizerExtension & RendererExtension = {
  name: "room",
  level: "inline",
  start: (source) => source.search(/#/),
  tokenizer(source) {
    const name = rooms.find(({ text }) => {
      const after = source.charAt(text.length + 1);
      return source.startsWith(`#${text}`) && !WORD.test(after);
    });
    if (name === undefined) return undefined;
    return { type: "room", raw: `#${name.text}`, address: name.address };
  },
  renderer: (token) => linkOf(String(token.address), escapeHtml(token.raw)),
};

const marked = new Marked({ gfm: true, breaks: true, async: false });
marked.use({
  extensions: [mention, roomLink],
  renderer: {
    html: (token) => escapeHtml(token.text),
    link(token) {
      return linkOf(token.href, this.parser.parseInline(token.tokens));
    },
    // No remote pictures: a message must not tell a stranger's server who reads it.
    image: (token) => linkOf(token.href, escapeHtml(token.text === "" ? token.href : token.text)),
    heading(token) {
      return `<p class="heading">${this.parser.parseInline(token.tokens)}</p>`;
    },
    checkbox: (token) => (token.checked ? "☑ " : "☐ "),
  },
});

const CLEAN = {
  ALLOWED_TAGS: [
    ..."p br strong em del s code pre a ul ol li blockquote hr span".split(" "),
    ..."table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "target", "rel", "class", "start", "align"],
  ALLOWED_URI_REGEXP: SAFE_ADDRESS,
};

const KEPT_MAX = 400;
const kept = new Map<string, Block[]>();

function html(tokens: Token[]): Block | null {
  if (tokens.length === 0) return null;
  // Wide tables scroll in themselves, also by key. What a person typed is escaped, so this tag is one of ours.
  const clean = DOMPurify.sanitize(marked.parser(tokens), CLEAN).replaceAll(
    "<table>",
    '<table tabindex="0">',
  );
  return clean.trim() === "" ? null : { kind: "html", html: clean };
}

function parse(text: string): Block[] {
  const blocks: Block[] = [];
  let run: Token[] = [];
  const flush = () => {
    const block = html(run);
    if (block !== null) blocks.push(block);
    run = [];
  };
  for (const token of marked.lexer(text)) {
    if (token.type === "code") {
      flush();
      blocks.push({ kind: "code", language: (token.lang ?? "").trim(), text: token.text });
    } else run.push(token);
  }
  flush();
  return blocks;
}

/** More than eight quotes or lists inside each other: nobody writes that, and taking it apart has no end. */
const TOO_DEEP = /^(?:[ \t]*(?:>|(?:[-*+]|\d+[.)])(?=[ \t]))){9}|^(?: {20}|\t{9})[ \t]*(?:[-*+>]|\d+[.)])/m;

function asTyped(text: string): Block[] {
  return [{ kind: "html", html: `<p>${escapeHtml(text).replaceAll("\n", "<br>")}</p>` }];
}

/** A text that cannot be taken apart is shown as it was typed: one message never breaks the room around it. */
function parseOrPlain(text: string): Block[] {
  if (TOO_DEEP.test(text)) return asTyped(text);
  try {
    return parse(text);
  } catch {
    return asTyped(text);
  }
}

/** The blocks of a message. The longest name that fits a mention wins; results are kept. */
export function blocksOf(text: string, mentions: MentionName[], named: RoomName[] = []): Block[] {
  const key = `${text}\u0000${mentions.map((name) => name.text + name.shown + name.me).join("\u0001")}\u0000${named.map((room) => room.text + room.address).join("\u0001")}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  names = [...mentions].filter((name) => name.text !== "").sort((a, b) => b.text.length - a.text.length);
  rooms = [...named].sort((a, b) => b.text.length - a.text.length);
  const blocks = parseOrPlain(text);
  kept.set(key, blocks);
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return blocks;
}

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,5}$/u;

/** Up to five emoji and nothing else are drawn large. */
export function isOnlyEmoji(text: string): boolean {
  return ONLY_EMOJI.test(text.trim());
}
