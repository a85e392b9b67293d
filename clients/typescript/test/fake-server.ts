/** A gRPC server in this process, for what the real one cannot be made to do. */

import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

export class FakeServer implements AsyncDisposable {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor(server: Http2Server) {
    this.#server = server;
    server.on("session", (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
    });
  }

  static async start(routes: (router: ConnectRouter) => void): Promise<FakeServer> {
    const fake = new FakeServer(createServer(connectNodeAdapter({ routes })));
    await fake.#listen(0);
    return fake;
  }

  get target(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** Cuts every connection, as a cable would. */
  cut(): void {
    for (const session of this.#sessions) {
      session.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }
}

/** Waits until something holds, for at most 5 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > end) {
      throw new Error(`not in 5 s: ${what}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
