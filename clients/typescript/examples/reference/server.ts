/** ServerService: a function for each RPC. */

import { CheckStatus, ServerState, type Client } from "applemusic-grpc";

export async function getServerInfo(music: Client): Promise<void> {
  const info = await music.server.info();
  console.log(info.serverVersion, ServerState[info.state]);
  if (info.capabilities?.playback === true) {
    console.log("songs can be played");
  }
}

export async function getDiagnostics(music: Client): Promise<void> {
  const { checks } = await music.server.diagnostics({ offline: true });
  for (const { name, status, message, remedy } of checks) {
    console.log(name, CheckStatus[status], message, remedy);
  }
}
