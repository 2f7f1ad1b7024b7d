// Code that runs as it stands: this server's address and what was made here written into it. Pure.

export const TABS = ["centrifuge", "socketio", "websocket", "curl", "python", "token"] as const;
export type Tab = (typeof TABS)[number];

export interface Fillings {
  /** `https://plaza.example`, as the page was opened. */
  origin: string;
  /** Null: a word in capitals stands in their place. */
  key: string | null;
  secret: string | null;
  token: string | null;
  subscriptionToken: string | null;
}

/** Whom the tokens of the samples let in, and where. */
export const SAMPLE_USER = "alice";
export const SAMPLE_CHANNEL = "news";

export interface Sample {
  language: string;
  text: string;
}

export interface Addresses {
  socket: string;
  plain: string;
  socketio: string;
  api: string;
}

export function addressesOf(origin: string): Addresses {
  const live = origin.replace(/^http/, "ws");
  return {
    socket: `${live}/connection/websocket`,
    plain: `${live}/ws/{room}`,
    socketio: origin,
    api: `${origin}/api`,
  };
}

function centrifuge(origin: string, token: string, subscriptionToken: string): string {
  return `import { Centrifuge } from "centrifuge";

const centrifuge = new Centrifuge("${addressesOf(origin).socket}", {
  token: "${token}",
});
centrifuge.on("connected", ({ client }) => console.log("connected as", client));

const news = centrifuge.newSubscription("${SAMPLE_CHANNEL}", {
  token: "${subscriptionToken}",
});
news.on("publication", ({ data }) => console.log(data));
news.subscribe();

centrifuge.connect();`;
}

function socketio(origin: string, token: string): string {
  return `import { io } from "socket.io-client";

const socket = io("${origin}", { auth: { token: "${token}" } });

socket.on("connect", () => socket.emit("chat message", "Hello from Socket.IO"));
socket.on("chat message", (text) => console.log(text));`;
}

/** Rooms are for people: an app user's token opens none, so here stands a person's own API token. */
function websocket(origin: string): string {
  const address = addressesOf(origin).plain.replace("{room}", "lobby");
  return `const socket = new WebSocket("${address}?token=YOUR_API_TOKEN");

socket.onopen = () => socket.send("Hello from a plain WebSocket");
socket.onmessage = ({ data }) => console.log(data);`;
}

/** A publish as curl sends it; `data` is JSON already. */
export function curlOf(origin: string, key: string, channel: string, data: string): string {
  const body = `{"channel": ${JSON.stringify(channel)}, "data": ${data}}`;
  // Inside single quotes of a shell only the quote itself has to leave them.
  return `curl ${addressesOf(origin).api}/publish \\
  -H "X-API-Key: ${key}" \\
  -H "Content-Type: application/json" \\
  -d '${body.replaceAll("'", "'\\''")}'`;
}

function python(origin: string, key: string): string {
  return `import json
from urllib.request import Request, urlopen

def publish(channel, data):
    body = json.dumps({"channel": channel, "data": data}).encode()
    headers = {"X-API-Key": "${key}", "Content-Type": "application/json"}
    with urlopen(Request("${addressesOf(origin).api}/publish", body, headers)) as answer:
        return json.load(answer)

print(publish("${SAMPLE_CHANNEL}", {"text": "Hello from Python"}))`;
}

function signing(secret: string): string {
  return `import time
import jwt

SECRET = "${secret}"

def sign(claims, seconds=3600):
    return jwt.encode({**claims, "exp": int(time.time()) + seconds}, SECRET, algorithm="HS256")

# To connect, and to subscribe to one channel.
print(sign({"sub": "${SAMPLE_USER}"}))
print(sign({"sub": "${SAMPLE_USER}", "channel": "${SAMPLE_CHANNEL}"}))`;
}

export function sampleOf(tab: Tab, { origin, key, secret, token, subscriptionToken }: Fillings): Sample {
  const [aKey, aSecret, aToken] = [
    key ?? "YOUR_API_KEY",
    secret ?? "YOUR_TOKEN_SECRET",
    token ?? "YOUR_TOKEN",
  ];
  switch (tab) {
    case "centrifuge":
      return {
        language: "javascript",
        text: centrifuge(origin, aToken, subscriptionToken ?? "YOUR_SUBSCRIPTION_TOKEN"),
      };
    case "socketio":
      return { language: "javascript", text: socketio(origin, aToken) };
    case "websocket":
      return { language: "javascript", text: websocket(origin) };
    case "curl":
      return { language: "bash", text: curlOf(origin, aKey, SAMPLE_CHANNEL, '{"text": "Hello from curl"}') };
    case "python":
      return { language: "python", text: python(origin, aKey) };
    case "token":
      return { language: "python", text: signing(aSecret) };
  }
}
