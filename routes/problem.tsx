import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Layout } from "./layout.tsx";

const titles: Readonly<Record<number, string>> = {
  400: "That address does not work",
  404: "Nothing here",
  413: "Too large",
  421: "Not this host",
  500: "Something failed",
  503: "Not now",
};

/** One clear sentence, as a page for browsers and as JSON for everyone else who asks for it. */
export function problem(
  context: Context,
  status: ContentfulStatusCode,
  sentence: string,
): Response | Promise<Response> {
  const accept = context.req.header("accept") ?? "";
  const wantsJson = accept.includes("application/json") && !accept.includes("text/html");
  if (wantsJson || context.req.path.startsWith("/api/")) return context.json({ error: sentence }, status);
  return context.html(
    <Layout title={titles[status] ?? "Error"}>
      <div class="intro">
        <p class="eyebrow">Error {status}</p>
        <h1>{titles[status] ?? "Error"}</h1>
        <p class="lead">{sentence}</p>
        <p>
          <a href="/">All suites</a>
        </p>
      </div>
    </Layout>,
    status,
  );
}

/** The answer while there is no store. */
export function noStore(context: Context): Response | Promise<Response> {
  return problem(
    context,
    404,
    "Cannot find results: there is no store yet, expected one from deno task bench --suite quick, got none",
  );
}
