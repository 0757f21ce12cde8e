import { type Context, Hono } from "hono";
import { z } from "zod";
import { blockCsv } from "../reports/csv/block_csv.ts";
import type { Section } from "../reports/blocks.ts";
import { findChart } from "../reports/blocks.ts";
import { contentHash } from "../reports/render/content_hash.ts";
import { noExecution, subjectOf } from "./execution_subject.ts";
import { noStore, problem } from "./problem.tsx";
import type { Services } from "./services.ts";

const querySchema = z.object({
  theme: z.enum(["light", "dark"]).default("light"),
  size: z.enum(["wide", "half", "narrow"]).default("wide"),
  titled: z.enum(["0", "1"]).default("0"),
  v: z.string().max(64).default(""),
});

/** `/charts/...`: a chart of a suite's or run's report as PNG, SVG or CSV. */
export function chartRoutes(services: Services): Hono {
  const app = new Hono();
  app.get("/charts/suites/:suite/:file", async (context) => {
    const store = await services.store();
    if (!store) return noStore(context);
    const suite = context.req.param("suite");
    const report = await services.reports.suite(store, { suite });
    if (!report) return problem(context, 404, `Cannot find suite "${suite}": the store has no such suite`);
    return chartFile(context, { services, sections: report.sections, file: context.req.param("file") });
  });
  app.get("/charts/executions/:execution/:file", async (context) => {
    const store = await services.store();
    if (!store) return noStore(context);
    const id = context.req.param("execution");
    const subject = await subjectOf(store, id);
    const report = subject && await services.reports.suite(store, subject);
    if (!report) return noExecution(context, id);
    return chartFile(context, { services, sections: report.sections, file: context.req.param("file") });
  });
  app.get("/charts/runs/:id/:file", async (context) => {
    const store = await services.store();
    if (!store) return noStore(context);
    const id = context.req.param("id");
    const report = await services.reports.run(store, id);
    if (!report) return problem(context, 404, `Cannot find run "${id}": the store has no such run`);
    return chartFile(context, { services, sections: report.sections, file: context.req.param("file") });
  });
  return app;
}

/** A chart of a report by its file name, such as `final-return.svg`. */
export function chartFile(
  context: Context,
  { services, sections, file }: {
    readonly services: Services;
    readonly sections: readonly Section[];
    readonly file: string;
  },
): Response | Promise<Response> {
  const [, id = "", format = ""] = /^(.+)\.(png|svg|csv)$/.exec(file) ?? [];
  if (id === "") {
    return problem(context, 400, `Cannot draw the chart: expected a name ending in .png, .svg or .csv, got "${file}"`);
  }
  const chart = findChart(sections, id);
  if (!chart) return problem(context, 404, `Cannot find chart "${id}": the report has no such chart`);
  if (format === "csv") {
    return context.body(blockCsv(chart), 200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${fileName(id)}.csv"`,
    });
  }
  const query = querySchema.safeParse(context.req.query());
  if (!query.success) {
    const issue = query.error.issues[0]!;
    return problem(
      context,
      400,
      `Cannot draw the chart: ${issue.path.join(".")}: ${issue.message}, got "${
        context.req.query(String(issue.path[0])) ?? ""
      }"`,
    );
  }
  const { theme, size, titled, v } = query.data;
  const image = services.images.get(chart, {
    format: format === "png" ? "png" : "svg",
    theme,
    size,
    titled: titled === "1",
  });
  return context.body(image.bytes as Uint8Array<ArrayBuffer>, 200, {
    "content-type": image.contentType,
    // The address names the content only while it still is this content.
    "cache-control": v === contentHash(chart) ? "public, max-age=31536000, immutable" : "no-cache",
    ...(titled === "1" ? { "content-disposition": `inline; filename="${fileName(id)}.${format}"` } : {}),
  });
}

function fileName(id: string): string {
  return id.replace(/[^a-z0-9._-]+/gi, "-");
}
