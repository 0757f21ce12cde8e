import type { MiddlewareHandler } from "hono";

/**
 * Leads addresses that end in slashes to the same without. The new address is of this site whatever the old one was:
 * `//example.org/` names a host.
 */
export const trailingSlashes: MiddlewareHandler = async (context, next) => {
  const { pathname, search } = new URL(context.req.url);
  const isRead = context.req.method === "GET" || context.req.method === "HEAD";
  if (!isRead || pathname === "/" || !pathname.endsWith("/")) return await next();
  return context.redirect(`/${pathname.split("/").filter((part) => part !== "").join("/")}${search}`, 301);
};
