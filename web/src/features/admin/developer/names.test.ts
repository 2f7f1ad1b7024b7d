import { describe, expect, it } from "vitest";
import { channelList, isProductChannel, isWebAddress, ownerOf } from "./names";

describe("channels", () => {
  it("of the product are told from those of an app", () => {
    for (const name of ["room:r1", "user:u1", "typing:r1", "place", "game:x"])
      expect(isProductChannel(name), name).toBe(true);
    for (const name of ["news", "places", "chat:room:1", "rooms:1"])
      expect(isProductChannel(name), name).toBe(false);
  });

  it("of a room or a person say whose they are", () => {
    expect(["room:r1", "typing:r1", "user:u1", "news", "room:"].map(ownerOf)).toEqual([
      { room: "r1" },
      { room: "r1" },
      { user: "u1" },
      null,
      null,
    ]);
  });

  it("are read from a list as people write one", () => {
    expect(channelList(" news, chat:*，news\nlog ")).toEqual(["news", "chat:*", "log"]);
    expect(channelList(" ")).toEqual([]);
  });
});

it("a web address has a scheme and a host", () => {
  for (const url of ["https://a.example/hook", "http://127.0.0.1:9000"])
    expect(isWebAddress(url), url).toBe(true);
  for (const url of ["a.example", "ftp://a", "https://", "https:// a", "javascript:1"])
    expect(isWebAddress(url), url).toBe(false);
});
