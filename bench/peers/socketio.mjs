// The same relay over Socket.IO: "join" enters a room, "post" is emitted to everyone in it.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  socket.on("join", (channel, done) => {
    socket.join(channel);
    done();
  });
  socket.on("post", (channel, text) => io.to(channel).emit("post", text));
});

http.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
