// A proxy in front of the server that does to WebSockets what real ones do: nothing, refuse them,
// swallow their handshake, or let the handshake through and drop what follows.

import http from "node:http";
import net from "node:net";

/** Listens on a free port; `fault` is "none", "refuse", "swallow" or "drop". */
export async function faulty(target, fault) {
  const to = new URL(target);
  const sockets = new Set();
  const halves = new Set();
  const server = http.createServer((request, response) => {
    const options = {
      host: to.hostname,
      port: to.port,
      path: request.url,
      method: request.method,
      headers: request.headers,
    };
    const onward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    if (fault === "swallow") return;
    if (fault === "refuse") return socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    const onward = net.connect(Number(to.port), to.hostname);
    sockets.add(onward);
    onward.on("error", () => socket.destroy());
    const head = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    onward.write(`GET ${request.url} HTTP/1.1\r\n${head.join("")}\r\n`);
    if (fault === "none") {
      halves.add([socket, onward]);
      onward.pipe(socket);
      socket.pipe(onward);
      return;
    }
    // The answer to the handshake goes through, not a byte more in either direction.
    let seen = "";
    onward.on("data", (data) => {
      if (seen.includes("\r\n\r\n")) return;
      seen += data.toString("latin1");
      const end = seen.indexOf("\r\n\r\n");
      if (end >= 0) socket.write(seen.slice(0, end + 4), "latin1");
    });
    socket.on("data", () => {});
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  const end = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  /** Cuts every connection that stands now. */
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  /** The client is in another network: it has lost its WebSockets, and the server does not know. */
  const roam = () => {
    for (const [socket, onward] of halves) {
      onward.unpipe(socket);
      socket.unpipe(onward);
      onward.resume();
      socket.destroy();
    }
    halves.clear();
  };
  return { url: `http://127.0.0.1:${port}`, end, cut, roam };
}
