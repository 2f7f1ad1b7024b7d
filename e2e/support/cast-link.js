// Runs in the page, in the place of the media client: a call whose people are drawn. What is drawn comes from
// `globalThis.plazaCast`. For pictures only; that calls work is shown by tests with the real client.

const LOOKS = [
  { wall: "#c3ccca", skin: "#e9b894", hair: "#8a5433", coat: "#40536b", style: "short", glasses: true },
  { wall: "#e4cbb4", skin: "#efc6a4", hair: "#171414", coat: "#2b8279", style: "long" },
  { wall: "#b8a8b5", skin: "#96663f", hair: "#1c1312", coat: "#d9a23b", style: "bun" },
  { wall: "#c98f6d", skin: "#d29b70", hair: "#4a2a20", coat: "#f0e4d4", style: "curls" },
  { wall: "#a9b89a", skin: "#e4b08c", hair: "#5d4532", coat: "#6a4d7f", style: "short" },
  { wall: "#9fb4c4", skin: "#c88f62", hair: "#2c211c", coat: "#8c3f33", style: "long" },
];

const circle = (pen, x, y, radius) => {
  pen.beginPath();
  pen.arc(x, y, radius, 0, Math.PI * 2);
  pen.fill();
};

function portrait(pen, look) {
  pen.fillStyle = look.wall;
  pen.fillRect(0, 0, 640, 480);
  pen.fillStyle = "#f3f1ea";
  pen.fillRect(430, 60, 150, 160);
  pen.fillStyle = "#cfdde2";
  for (const [x, y] of [
    [440, 70],
    [510, 70],
    [440, 148],
    [510, 148],
  ])
    pen.fillRect(x, y, 60, 66);
  pen.fillStyle = look.hair;
  if (look.style === "long") {
    pen.beginPath();
    pen.roundRect(218, 120, 204, 260, 90);
    pen.fill();
  }
  if (look.style === "bun") circle(pen, 320, 98, 36);
  pen.fillStyle = look.coat;
  pen.beginPath();
  pen.roundRect(150, 350, 340, 200, 110);
  pen.fill();
  pen.fillStyle = look.skin;
  pen.fillRect(286, 300, 68, 80);
  pen.fillStyle = look.hair;
  circle(pen, 320, 205, 98);
  if (look.style === "curls")
    for (let at = 0; at < 9; at += 1) circle(pen, 222 + at * 24, 210 - Math.sin((at / 8) * Math.PI) * 96, 34);
  pen.fillStyle = look.skin;
  pen.beginPath();
  pen.ellipse(320, 232, 82, 96, 0, 0, Math.PI * 2);
  pen.fill();
  pen.fillStyle = "#2a211d";
  circle(pen, 290, 226, 7);
  circle(pen, 350, 226, 7);
  pen.strokeStyle = "#2a211d";
  pen.lineWidth = 5;
  if (look.glasses) {
    pen.strokeRect(264, 206, 48, 38);
    pen.strokeRect(328, 206, 48, 38);
  }
  pen.beginPath();
  pen.arc(320, 262, 26, 0.25, Math.PI - 0.25);
  pen.stroke();
}

function gear(pen, x, y, radius, teeth, fill) {
  pen.beginPath();
  for (let at = 0; at < teeth * 4; at += 1) {
    const angle = (at / (teeth * 4)) * Math.PI * 2;
    const reach = at % 4 < 2 ? radius : radius - 14;
    pen.lineTo(x + Math.cos(angle) * reach, y + Math.sin(angle) * reach);
  }
  pen.closePath();
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 3;
  pen.strokeStyle = "#2d2926";
  pen.stroke();
  pen.fillStyle = "#f6f3ec";
  for (let at = 0; at < 6; at += 1) {
    const angle = (at / 6) * Math.PI * 2;
    circle(pen, x + Math.cos(angle) * radius * 0.5, y + Math.sin(angle) * radius * 0.5, radius * 0.14);
  }
  circle(pen, x, y, radius * 0.12);
}

function drawing(pen) {
  pen.fillStyle = "#f6f3ec";
  pen.fillRect(0, 0, 1600, 1000);
  pen.strokeStyle = "#e6e0d5";
  pen.lineWidth = 2;
  for (let x = 0; x < 1600; x += 50) pen.strokeRect(x, -2, 0, 1004);
  for (let y = 0; y < 1000; y += 50) pen.strokeRect(-2, y, 1604, 0);
  pen.fillStyle = "#e2dccf";
  pen.strokeStyle = "#2d2926";
  pen.lineWidth = 4;
  pen.beginPath();
  pen.roundRect(240, 180, 1120, 640, 40);
  pen.fill();
  pen.stroke();
  gear(pen, 600, 500, 270, 40, "#cd6f42");
  gear(pen, 995, 500, 135, 20, "#d8b06a");
  pen.strokeStyle = "#b03a42";
  pen.setLineDash([22, 8, 4, 8]);
  for (const line of [
    [200, 500, 1400, 500],
    [600, 160, 600, 840],
    [995, 300, 995, 700],
  ]) {
    pen.beginPath();
    pen.moveTo(line[0], line[1]);
    pen.lineTo(line[2], line[3]);
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.fillStyle = "#2b638f";
  pen.font = "34px sans-serif";
  pen.fillText("76.0", 770, 920);
  pen.fillText("backlash 0.08", 1110, 260);
  pen.fillStyle = "#2d2926";
  pen.font = "600 40px sans-serif";
  pen.fillText("gearbox-v4", 60, 80);
}

function video(width, height, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  draw(pen);
  setInterval(() => draw(pen), 300);
  return canvas.captureStream(5);
}

export const createLink = (_options, events) => {
  const cast = globalThis.plazaCast;
  const streams = new Map();
  const streamOf = (id, kind) => {
    const key = `${id}:${kind}`;
    const look = LOOKS[cast.people.findIndex((person) => person.id === id) % LOOKS.length];
    if (!streams.has(key)) {
      const made =
        kind === "screen" ? video(1600, 1000, drawing) : video(640, 480, (pen) => portrait(pen, look));
      streams.set(key, made);
    }
    return streams.get(key);
  };
  const picture = (id, kind) => ({ sid: `${id}:${kind}`, width: 640, height: 480, paused: false });
  const tell = () =>
    events.onPeople(
      cast.people.map((person) => ({
        microphone: "on",
        speaking: false,
        quality: "excellent",
        hand: false,
        mayPublish: true,
        me: false,
        ...person,
        camera: person.camera ? picture(person.id, "camera") : null,
        screen: person.screen ? picture(person.id, "screen") : null,
      })),
    );
  globalThis.plazaCastEvents = events;
  return {
    async connect() {
      setTimeout(tell, 0);
    },
    async disconnect() {},
    async send() {
      tell();
    },
    attach(id, kind, element) {
      element.srcObject = streamOf(id, kind);
      return () => {
        element.srcObject = null;
      };
    },
    async useDevice() {},
    async clean() {},
    async setHand() {},
    async react() {},
    async say() {},
    async startSound() {},
    async reports() {
      return [];
    },
  };
};
