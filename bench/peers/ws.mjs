// A relay over npm `ws`: "+channel" subscribes, "channel text" is sent to everyone in the channel.
// With a second word `deflate` it packs what is long enough, for those who offer it.
import { WebSocketServer } from "ws";

const [port, deflate] = process.argv.slice(2);
const channels = new Map();
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(port),
  backlog: 4096,
  perMessageDeflate: deflate === "deflate" && { threshold: 256, serverNoContextTakeover: true },
});

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
