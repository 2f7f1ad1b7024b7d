import { describe, expect, it } from "vitest";
import { commandOf, commandsFor } from "../src/features/chat/commands";
import { choose, isSpelledOut, peopleFor, personFit, queryAt } from "../src/features/chat/suggest";
import { findEmoji } from "../src/lib/emoji";
import { person } from "./make";

const at = (text: string) => queryAt(text, text.length);

describe("the word under the caret", () => {
  it("asks for people after an @ that begins a word", () => {
    expect(at("hi @li")).toEqual({ kind: "person", query: "li", start: 3 });
    expect(at("@")).toEqual({ kind: "person", query: "", start: 0 });
    expect(at("好，@林")).toEqual({ kind: "person", query: "林", start: 2 });
  });

  it("does not take a mail address or a clock for a question", () => {
    expect(at("mail ada@harbour")).toBeNull();
    expect(at("at 12:30")).toBeNull();
    expect(at("see :t")).toBeNull();
  });

  it("asks for emoji after a colon and two letters, and for commands at the very start", () => {
    expect(at("so :ta")).toEqual({ kind: "emoji", query: "ta", start: 3 });
    expect(at("/in")).toEqual({ kind: "command", query: "in", start: 0 });
    expect(at("say /in")).toBeNull();
  });

  it("asks for rooms after a # that begins a word", () => {
    expect(at("see #dri")).toEqual({ kind: "room", query: "dri", start: 4 });
    expect(at("C#")).toBeNull();
  });

  it("is looked for before the caret only", () => {
    expect(queryAt("@li and more", 3)?.query).toBe("li");
  });

  it("is replaced by the choice, with one space behind it", () => {
    const query = queryAt("hi @li!", 6);
    if (query === null) throw new Error("no query");
    expect(choose("hi @li!", 6, query, "@lin.xiaoman")).toEqual({ text: "hi @lin.xiaoman !", caret: 16 });
    expect(choose("hi @li now", 6, { ...query }, "@lin")).toEqual({ text: "hi @lin now", caret: 8 });
  });
});

describe("people", () => {
  const lin = person("u1", { name: "lin.xiaoman", display_name: "林小满", pinyin: "lin xiao man" });
  const jonas = person("u2", { name: "jonas.feld", display_name: "Jonas Feld" });

  it("are found by name, handle, pinyin, initials and a later word", () => {
    for (const query of ["林", "lin.x", "linxiao", "lxm", "xiao", "xiaoman", "man"])
      expect(personFit(lin, query), query).not.toBeNull();
    expect(personFit(jonas, "feld")).toBe(2);
    expect(personFit(jonas, "xyz")).toBeNull();
  });

  it("of the room come before others, and who left does not come", () => {
    const other = person("u3", { display_name: "Jon" });
    const gone = person("u4", { display_name: "Jona", deactivated: true });
    expect(peopleFor([other, jonas, gone], "jon", new Set(["u2"])).map((each) => each.id)).toEqual([
      "u2",
      "u3",
    ]);
  });
});

describe("commands", () => {
  it("are those that do something, with the rest of the line", () => {
    expect(commandOf("/topic  Build freeze on Friday ")).toEqual({
      name: "topic",
      rest: "Build freeze on Friday",
    });
    expect(commandOf("/invite")).toEqual({ name: "invite", rest: "" });
  });

  it("leave other texts with a slash alone", () => {
    expect(commandOf("/etc/hosts is wrong")).toBeNull();
    expect(commandOf("and /topic")).toBeNull();
    expect(commandsFor("to")).toEqual(["topic"]);
  });
});

describe("emoji", () => {
  it("are found by English and Chinese words", () => {
    expect(findEmoji("tada", 5)[0]?.sign).toBe("🎉");
    expect(findEmoji("谢谢", 5)[0]?.sign).toBe("🙏");
    expect(findEmoji("nothing like it", 5)).toEqual([]);
  });
});

describe("a name in full", () => {
  const people = [person("u1", { name: "lin" }), person("u2", { name: "lin.xiaoman" })];

  it("needs no choice, in small or large letters, also when a longer name begins so", () => {
    for (const query of ["lin", "LIN", "Lin.Xiaoman", "all", "ALL", "所有人"])
      expect(isSpelledOut(people, query), query).toBe(true);
  });

  it("is not the beginning of one, nor the name of somebody who is gone", () => {
    for (const query of ["", "li", "lin.", "al"]) expect(isSpelledOut(people, query), query).toBe(false);
    expect(isSpelledOut([person("u3", { name: "ada", deactivated: true })], "ada")).toBe(false);
  });
});
