// A relay over npm `ws`: "+channel" subscribes, "channel text" is sent to everyone in the channel.
import { WebSocketServer } from "ws";

const channels = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });

server.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    const text = data.toString();
    if (text.startsWith("+")) {
      subscribe(socket, text.slice(1));
      return;
    }
    const space = text.indexOf(" ");
    const message = text.slice(space + 1);
    for (const subscriber of channels.get(text.slice(0, space)) ?? []) subscriber.send(message);
  });
});

function subscribe(socket, channel) {
  const subscribers = channels.get(channel) ?? new Set();
  channels.set(channel, subscribers.add(socket));
  socket.on("close", () => subscribers.delete(socket));
  socket.send("subscribed");
}
