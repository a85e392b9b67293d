/** The simulator and the server as a person would start them, for tests to play on. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "../src/index.js";
import { ROOT } from "./paths.js";

const ROOT_PATH = fileURLToPath(ROOT);
const PYTHON = join(ROOT_PATH, ".venv", "bin", "python");
const LEASH = join(ROOT_PATH, "tools", "leash.py"); // ends a child when its parent is gone
const READY_MS = 30_000;
const STOP_MS = 20_000;

/** Where a server listens. */
export interface Listening {
  readonly grpc: string;
  readonly web: string;
}

/** A child that prints a line beginning with `ready` when it is up. */
class Child {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly #name: string;

  constructor(module: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#name = module;
    this.#child = spawn(PYTHON, ["-P", LEASH, module, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
  }

  async ready(pattern: RegExp): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const failed = (why: string): void => {
        clearTimeout(timer);
        reject(new Error(`${this.#name} ${why}:\n${this.#said.slice(-20).join("\n")}`));
      };
      const timer = setTimeout(() => failed("was not ready in time"), READY_MS);
      this.#child.once("exit", (code) => failed(`ended with ${code}`));
      for (const stream of [this.#child.stdout, this.#child.stderr]) {
        if (stream === null) {
          throw new Error(`${this.#name} has no output to read`);
        }
        createInterface({ input: stream }).on("line", (line) => {
          this.#said.push(line);
          const match = pattern.exec(line);
          if (match !== null) {
            clearTimeout(timer);
            this.#child.removeAllListeners("exit");
            resolve(match.slice(1));
          }
        });
      }
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return;
    }
    const gone = new Promise<void>((resolve) => {
      this.#child.once("exit", () => resolve());
    });
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
}

/** Everything on which a test plays. */
export class Stage implements AsyncDisposable {
  readonly folder: string;
  readonly #children: Child[] = [];
  readonly #music: Client[] = [];
  #credentials: { music_user_token: string; developer_token: string } | undefined;
  #listening: Listening | undefined;
  #simulator = "";

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "applemusic-ts-"));
  }

  /** Starts the simulator and a server with the account `demo` signed in. */
  static async start(): Promise<Stage> {
    const stage = new Stage();
    try {
      await stage.#startSimulator();
      stage.#listening = await stage.startServer("data", {
        APPLEMUSIC_GRPC__SOCKET: stage.socket,
      });
      const music = stage.client();
      await music.auth.submitMusicUserToken(stage.musicUserToken, { account: "demo" });
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  get grpc(): string {
    return this.#listening?.grpc ?? "";
  }

  get simulator(): string {
    return this.#simulator;
  }

  get socket(): string {
    return join(this.folder, "grpc.sock");
  }

  get musicUserToken(): string {
    return this.#credentials?.music_user_token ?? "";
  }

  /** A client of the server, closed with the stage. */
  client(...[target = this.grpc, options]: ConstructorParameters<typeof Client>): Client {
    const music = new Client(target, options);
    this.#music.push(music);
    return music;
  }

  /** Starts another server beside the first, with the same simulator. */
  async startServer(name: string, settings: Readonly<Record<string, string>>): Promise<Listening> {
    const server = new Child("applemusic_server", ["serve"], {
      APPLEMUSIC_GRPC__PORT: "0",
      APPLEMUSIC_WEB__PORT: "0",
      APPLEMUSIC_STORAGE__DATA_DIR: join(this.folder, name),
      APPLEMUSIC_DEVELOPER_TOKEN__TOKEN_FILE: join(this.folder, "developer-token"),
      APPLEMUSIC_WIDEVINE__DEVICE_FILE: join(this.folder, "test-device.wvd"),
      APPLEMUSIC_APPLE__ROOT_URL: this.#simulator,
      // Songs are seconds long here, and nobody listens: all of one is the burst.
      APPLEMUSIC_PLAYBACK__BURST_SECONDS: "60",
      ...settings,
    });
    this.#children.push(server);
    const [grpc = "", web = ""] = await server.ready(/^ready grpc=(\S+) web=(\S+)/);
    return { grpc, web: `http://${web}` };
  }

  /** Asks the simulator's control API. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#simulator}/control${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }

  /** Runs a command of the repository's Python and returns what it printed. */
  python(...args: readonly string[]): string {
    const done = spawnSync(PYTHON, args, { cwd: ROOT_PATH, encoding: "utf8" });
    if (done.status !== 0) {
      throw new Error(`python ${args[1] ?? ""} ended with ${done.status}: ${done.stderr}`);
    }
    return done.stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const music of this.#music) {
      music.close();
    }
    for (const child of this.#children.toReversed()) {
      await child.stop();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startSimulator(): Promise<void> {
    const credentials = join(this.folder, "simulator.json");
    const cache = join(ROOT_PATH, "build", "simulator-cache");
    const simulator = new Child(
      "applemusic_simulator",
      ["--port", "0", "--seed", "1", "--cache-dir", cache, "--write-credentials", credentials],
      {},
    );
    this.#children.push(simulator);
    const [address = ""] = await simulator.ready(/^ready (http:\/\/\S+)/);
    this.#simulator = address;
    this.#credentials = JSON.parse(readFileSync(credentials, "utf8"));
    const device = await fetch(`${address}/control/widevine-device`);
    this.#write("test-device.wvd", Buffer.from(await device.arrayBuffer()));
    this.#write("developer-token", this.#credentials?.developer_token ?? "");
  }

  #write(name: string, content: string | Buffer): void {
    writeFileSync(join(this.folder, name), content, { mode: 0o600 });
  }
}
