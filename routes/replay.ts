import { Hono } from "hono";
import { noStore, problem } from "./problem.tsx";
import { episodeSvg } from "../reports/render/scene_svg.ts";
import type { Services } from "./services.ts";

/** `/runs/:id/replay.json`: episodes as the page plays them; `/runs/:id/replay/0.svg`: the end of one as a picture. */
export function replayRoutes({ store: openStore, reports }: Services): Hono {
  const app = new Hono();
  app.get("/runs/:id/:file{replay\\.json|replay/.+}", async (context) => {
    const store = await openStore();
    if (!store) return noStore(context);
    const { id, file } = context.req.param();
    const report = await reports.run(store, id);
    if (!report) return problem(context, 404, `Cannot find run "${id}": the store has no such run`);
    const { replay } = report.results;
    if (!replay) return problem(context, 404, `Cannot find a replay of run "${id}": it has none`);
    // Shared readings are as old as the page, and the page asks again when it hears of a change.
    const headers = { "cache-control": "no-cache" };
    if (file === "replay.json") return context.json(replay, 200, headers);
    const [, index = ""] = /^replay\/(\d{1,4})\.svg$/.exec(file) ?? [];
    const episode = replay.episodes[Number(index)];
    if (index === "" || !episode) {
      return problem(
        context,
        404,
        `Cannot find the picture: expected replay/0.svg to replay/${replay.episodes.length - 1}.svg, got "${file}"`,
      );
    }
    return context.body(episodeSvg(episode), 200, { ...headers, "content-type": "image/svg+xml" });
  });
  return app;
}
