import type { MiddlewareHandler } from "hono";

/** Content that is read and sent piece by piece: its length is known at its end only. */
const streamed = /^text\/(?:csv|event-stream)\b/;

/**
 * Answers HEAD with the length that the uncompressed content of GET has, and lets go of what would have been streamed.
 */
export const headAnswers: MiddlewareHandler = async (context, next) => {
  await next();
  if (context.req.method !== "HEAD" || context.res.body === null) return;
  const { res } = context;
  if (streamed.test(res.headers.get("content-type") ?? "")) return await res.body!.cancel();
  const { byteLength } = await res.arrayBuffer();
  const headers = new Headers(res.headers);
  headers.set("content-length", `${byteLength}`);
  context.res = new Response(null, { status: res.status, headers });
};
