// "Harbour Robotics": a believable place for the pictures, filled over REST as its people would.

import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { PASSWORD } from "./place.mjs";
import { render, scenes } from "./scenes.mjs";

const NAMES = {
  lin: "林小满",
  jonas: "Jonas Feld",
  zhou: "周然",
  priya: "Priya Nair",
  su: "苏晴",
  tomas: "Tomás Rey",
  wen: "文博",
  chen: "陈羽",
};

const CODE = `限流改好了。Please read before Friday, the hard limit stays at 40 A.

\`\`\`rust
pub fn limit(want: Amps, temp: Celsius) -> Amps {
    want.min(if temp > 65.0 { MAX * 0.8 } else { MAX })  // 先软限
}
\`\`\``;

/** Fills the place; gives its people, rooms and a few messages worth pointing at. */
export async function fillHarbour(place) {
  const people = { mira: place.mira };
  for (const [key, name] of Object.entries(NAMES)) people[key] = await place.mira.bring(name, PASSWORD);
  const all = Object.values(people).filter((person) => person !== place.mira);
  await place.mira.ask("PATCH", `/people/${people.jonas.me.id}`, { role: "admin" });
  await place.mira.ask("PATCH", `/people/${people.lin.me.id}`, { role: "moderator" });

  const make = (name, topic, more) => place.mira.makeRoom(name, all, { topic, ...more });
  const rooms = {
    drive: await make(
      "drive-train",
      "Chassis, gearbox and wheels of Heron. 底盘与驱动。Build freeze on Friday.",
    ),
    vision: await make("vision 视觉", "Cameras, markers, light. 相机与标记"),
    field: await make("field-day", "Saturday at the old dock. Tide table in the first message."),
    news: await make("公告 announcements", "Read once, then go and build."),
    chess: await make("棋室 chess-corner", "Loser sweeps the workshop."),
    parts: await make("parts-orders", "Order by Wednesday noon."),
    mentors: await place.mira.makeRoom("mentors", [people.jonas, people.priya], { kind: "closed" }),
  };
  await pin(people.mira, [rooms.drive, rooms.vision]);
  await talkElsewhere(people, rooms, place.lobby);
  const messages = await talkInDrive(people, rooms.drive, place.browser);
  const direct = await people.lin.ask("POST", "/rooms", {
    kind: "direct",
    name: "",
    topic: "",
    members: [place.mira.me.id],
  });
  await readAll(place.mira);
  await newsSince(people, rooms, direct);
  await keepFilter(place.mira);
  for (const key of ["lin", "zhou"]) await people[key].ask("PATCH", "/me", { locale: "zh" });
  const sockets = await comeOnline(place, people);
  return { people, rooms, messages, direct, sockets };
}

/** Some are here, one is away: gives their sockets, by key. */
async function comeOnline(place, people) {
  const sockets = {};
  for (const [key, state] of Object.entries({
    jonas: "active",
    zhou: "active",
    lin: "active",
    priya: "away",
  })) {
    const { token } = await people[key].ask("POST", "/tokens", { name: "here" });
    const url = `${place.server.url.replace("http", "ws")}/connection/websocket`;
    const socket = new Centrifuge(url, { token, websocket: WebSocket });
    socket.connect();
    await socket.ready(10_000);
    await socket.rpc("presence", { state });
    sockets[key] = socket;
  }
  return sockets;
}

/** Rules as such a place would have them, each with its reason. */
async function keepFilter(person) {
  const rule = (pattern, action, note, more) => ({
    pattern,
    kind: "keyword",
    action,
    ignore_separators: true,
    whole_word: false,
    enabled: true,
    note,
    ...more,
  });
  const rules = [
    rule("casino", "block", "Advertisements, since the spring fair"),
    rule("加微信", "block", "招揽广告"),
    rule("harbour master", "log", "Tell the mentors when somebody writes about permits"),
    rule("\\b\\d{17}[\\dX]\\b", "mask", "身份证号", { kind: "regex", ignore_separators: false }),
    rule("damn", "mask", "", { whole_word: true, enabled: false }),
  ];
  for (const one of rules) await person.ask("POST", "/filter/rules", one);
}

async function pin(person, rooms) {
  for (const room of rooms) await person.ask("PUT", `/rooms/${room.id}/preferences`, { pinned: true });
}

async function picture(person, room, browser, name) {
  const bytes = await render(browser, scenes[name]);
  return (await person.upload(room.id, `${name}.png`, "image/png", bytes)).id;
}

async function talkElsewhere(people, rooms, lobby) {
  const { mira, jonas, priya, zhou, su, tomas, wen, lin } = people;
  await mira.post(
    lobby,
    "Welcome to **Harbour Robotics**. One room for each thing we build; ask in the lobby for everything else.",
  );
  await wen.post(lobby, "大家好，我是文博，负责电池。");
  await tomas.post(lobby, "The stand next to ours at the fair was a casino bus, of all things.");
  await tomas.post(lobby, "Hola, Tomás here. I bring the coffee and the CAD.");
  await mira.post(rooms.news.id, "Build freeze on Friday at 18:00. 周五十八点冻结设计。");
  await priya.post(rooms.vision.id, "The new markers read from 6 m in full sun.");
  await su.post(rooms.vision.id, "逆光的时候掉到 4 米，曝光再压一点。");
  await zhou.post(rooms.chess.id, "白棋只剩一手可挡了。");
  await tomas.post(rooms.parts.id, "Bearings 6804, ten pieces, and a roll of the thin wire?");
  await jonas.post(rooms.mentors.id, "Who drives the van on Saturday?");
  await lin.post(rooms.field.id, "潮汐表：高潮 09:41，低潮 15:58。");
}

async function talkInDrive(people, room, browser) {
  const { mira, lin, jonas, zhou, priya, su, tomas } = people;
  await tomas.post(room.id, "Chassis plates are back from the laser. Holes fit, edges need a file.");
  await su.post(room.id, "我来锉，下午弄好。");
  const files = [];
  for (const name of ["workshop", "wheel", "field"]) files.push(await picture(lin, room, browser, name));
  const wheel = await lin.post(
    room.id,
    "新的轮组装好了，跑了三圈没有异响。Torque test tomorrow at 9:30, 谁能带扭矩扳手？",
    { files },
  );
  for (const [emoji, fans] of [
    ["👍", [mira, jonas, priya, zhou]],
    ["🔧", [mira, tomas, su]],
    ["🎉", [priya, jonas]],
  ]) {
    for (const fan of fans)
      await fan.ask("PUT", `/rooms/${room.id}/messages/${wheel.seq}/reactions/${encodeURIComponent(emoji)}`);
  }
  await jonas.post(room.id, "The numbers agree: left side went from 11 A down to 8 on the ramp.", {
    reply_to: wheel.seq,
  });
  await priya.ask("PATCH", `/rooms/${room.id}`, { topic: room.topic }).catch(() => undefined);
  const code = await zhou.post(room.id, CODE);
  await priya.post(room.id, "Why 0.8 for the soft limit and not 0.9?", { reply_to: code.seq });
  await zhou.post(room.id, "0.9 时第二圈就触发硬限，电机升到 71 °C。0.8 刚好，圈速只差 0.3 秒。");
  await mira.post(
    room.id,
    `Then 0.8 for Saturday, and we log both. @${lin.me.name} please add a line to the board.`,
  );
  await lin.post(room.id, "好的，已经加上了 ✅");
  return { wheel, code };
}

async function readAll(person) {
  const { rooms } = await person.ask("GET", "/bootstrap");
  for (const room of rooms) await person.ask("PUT", `/rooms/${room.id}/read`, { seq: room.seq });
}

async function newsSince(people, rooms, direct) {
  const { mira, jonas, priya, lin, chen } = people;
  await priya.post(rooms.field.id, "Tents are booked, two of them.");
  await chen.post(rooms.field.id, "我可以带音响和延长线。");
  await jonas.post(rooms.field.id, `@${mira.me.name} can you call the harbour master about the crane?`);
  await lin.post(direct.id, "明天几点到车间？");
  await lin.post(direct.id, "我八点半就在。");
}
