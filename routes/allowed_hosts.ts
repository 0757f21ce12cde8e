import type { MiddlewareHandler } from "hono";
import { isIP } from "node:net";
import { problem } from "./problem.tsx";

/** Under which names the service answers, besides `localhost` and the loopback addresses. */
export interface AllowedHosts {
  /** Host names or addresses, without ports; `*` is any. */
  readonly names: readonly string[];
  /** Any IP address: for a service that listens on all addresses of a machine. */
  readonly anyAddress: boolean;
}

/**
 * Refuses requests for a foreign host with 421. A page of somebody else's whose name is made to lead to this machine
 * (DNS rebinding) could read results through the visitor's browser, which takes both for one site. Addresses without a
 * name cannot be rebound.
 */
export function allowedHosts(allowed: AllowedHosts = { names: [], anyAddress: false }): MiddlewareHandler {
  const names = new Set(allowed.names.map((name) => plainName(name.toLowerCase())));
  return async (context, next) => {
    // A request line may name another host than its header: both count.
    const hosts = [new URL(context.req.url).hostname, hostOf(context.req.header("host"))];
    const foreign = hosts.find((host) => host !== null && !isAllowed(host, { names, allowed }));
    if (foreign === undefined) return await next();
    return problem(
      context,
      421,
      `Cannot answer for this host: not a name of this service, expected localhost, an address it listens on or one of ` +
        `--allowed-hosts or FCDL_ALLOWED_HOSTS, got "${foreign}"`,
    );
  };
}

/** The name in a Host header; null where there is none, the header itself where it cannot be read. */
function hostOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  try {
    return new URL(`http://${header}`).hostname;
  } catch {
    return header;
  }
}

function isAllowed(
  host: string,
  { names, allowed }: { readonly names: ReadonlySet<string>; readonly allowed: AllowedHosts },
): boolean {
  const name = plainName(host);
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  if (names.has(name) || names.has("*")) return true;
  const isAddress = isIP(name) !== 0;
  return isAddress && (allowed.anyAddress || name === "::1" || name.startsWith("127."));
}

/** Without the brackets of an IPv6 address and the dot that may end a full name. */
function plainName(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
