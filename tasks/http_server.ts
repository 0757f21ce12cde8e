import { createAdaptorServer } from "@hono/node-server";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A client has this long to send a request's headers, and half as long again for all of it, ms. */
const REQUEST_MS = 10_000;

/** Answers under way have this long to end when the server stops, ms. */
const GOODBYE_MS = 3_000;

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Takes no more requests and resolves when the last answer has been sent, or could not be in some seconds. */
  stop(): Promise<void>;
}

/**
 * Listens for HTTP requests. A connection that does not send a whole request in time is closed; `Deno.serve` would hold
 * it for ever.
 *
 * @param options.requestMs Time for a request's headers, ms.
 * @throws What the system says, as an error with a `code`, if it cannot listen.
 */
export async function listenHttp(
  fetch: (request: Request) => Response | Promise<Response>,
  { port, host, requestMs = REQUEST_MS }: { readonly port: number; readonly host: string; readonly requestMs?: number },
): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: (request: Request) => fetch(request),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: requestMs,
      requestTimeout: requestMs * 1.5,
      connectionsCheckingInterval: requestMs / 4,
    },
  }) as Server;
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const hurry = setTimeout(() => server.closeAllConnections(), GOODBYE_MS);
      await closed;
      clearTimeout(hurry);
    },
  };
}
