// The real binary on a free port with a data directory of its own.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until } from "./until.mjs";

const BINARY = resolve(process.env.PLAZA ?? join(import.meta.dirname, "../../target/debug/plaza"));

async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

export class Server {
  #process = null;
  /** What it wrote on standard error, for the message of a failure. */
  log = "";

  /** Starts a server with an empty data directory, and with settings in TOML when there are any. */
  static async start(settings = "") {
    const server = new Server();
    server.dataDir = await mkdtemp(join(tmpdir(), "plaza-e2e-"));
    server.configFile = `${server.dataDir}.toml`;
    await writeFile(server.configFile, settings);
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await server.up().catch(async (error) => {
      await server.remove();
      throw error;
    });
    return server;
  }

  /** Starts the process on the same port and data, and waits until it serves. */
  async up() {
    const words = [
      "serve",
      "--data",
      this.dataDir,
      "--listen",
      `127.0.0.1:${this.port}`,
      "--config",
      this.configFile,
    ];
    this.#process = spawn(BINARY, words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on("data", (bytes) => {
        this.log = (this.log + bytes).slice(-20_000);
      });
    }
    const started = this.#process;
    await until("the server to be ready", async () => {
      if (started.exitCode !== null) throw new Error(`the server ended: ${this.log}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    });
  }

  /** Ends it at once, as a power cut would. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Asks it to drain, and gives its exit code. */
  async drain() {
    return this.#end("SIGTERM");
  }

  async #end(signal) {
    const ending = this.#process;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return ending?.exitCode;
    const ended = new Promise((done) => ending.once("exit", (code) => done(code)));
    ending.kill(signal);
    return ended;
  }

  /** Runs another verb of the binary and gives what it printed. */
  async run(...words) {
    const child = spawn(BINARY, words, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += bytes;
      });
    }
    const code = await new Promise((done) => child.once("exit", done));
    if (code !== 0) throw new Error(`plaza ${words.join(" ")} ended with ${code}: ${output}`);
    return output;
  }

  /** Ends it and removes its data. */
  async remove() {
    await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
    await rm(this.configFile, { force: true });
  }
}
