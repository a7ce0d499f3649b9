/** @file Connections on which nothing was ever asked, as browsers open them in advance: Node does not call them idle. */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** Follows the connections of `server`; the result closes those that have not sent a whole request's headers yet. */
export function watchSilentConnections(server: Server): () => void {
  const silent = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  server.on("request", ({ socket }: IncomingMessage) => silent.delete(socket));
  return () => {
    for (const socket of silent) socket.destroy();
  };
}
