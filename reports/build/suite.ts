import type { Block, NoteBlock, Section } from "../blocks.ts";
import { buildFinalChart, buildPerformanceProfile } from "./comparison.ts";
import { buildPaperCharts, buildPaperCodebookBlock, buildPaperTable } from "../paper/paper_blocks.ts";
import { buildControlTable } from "./control_table.ts";
import { buildLearningCurves } from "./curves.ts";
import { buildDetailTables } from "./graph_tables.ts";
import { buildLeaderboard } from "./leaderboard.ts";
import { buildLearnableTables } from "./learnable_table.ts";
import { suiteVerdicts } from "./verdicts.ts";
import { environmentResults } from "../read/environment_results.ts";
import { finalsByRun } from "../read/finals_by_run.ts";
import { mixedCodeNote } from "./mixed_code.ts";
import { mixedSettingsNote } from "./mixed_settings.ts";
import { paperEnvironment, paperRemarks, protocolDifferences, protocolTable } from "../paper/protocol.ts";
import { curveMetrics, environmentsOf, methodLabel, stylesOf, type SuiteResults } from "../read/results.ts";
import { resultsIndex } from "../read/results_index.ts";

/** Sections by the results of the environment that they are of, and by whether it is the suite's only one. */
const built = new WeakMap<SuiteResults, { readonly isOnly: boolean; readonly sections: readonly Section[] }>();

/**
 * A suite's report: one group of sections an environment, from results to method details. An environment whose results
 * have not changed (the same object, see `SuiteReading`) keeps its sections.
 */
export function buildSuite(results: SuiteResults): readonly Section[] {
  const environments = environmentsOf(results.runs);
  const isOnly = environments.length === 1;
  const mixed = present([mixedSettingsNote(results.runs), mixedCodeNote(results.runs)]);
  const settings: Section[] = mixed.length > 0 ? [{ id: "settings", title: "Settings", blocks: mixed }] : [];
  return settings.concat(environments.flatMap((environment) => {
    const part = environmentResults(results, environment);
    const known = built.get(part);
    if (known?.isOnly === isOnly) return known.sections;
    const sections = buildEnvironment(part, { environment, isOnly });
    built.set(part, { isOnly, sections });
    return sections;
  }));
}

function buildEnvironment(
  results: SuiteResults,
  { environment, isOnly }: { readonly environment: string; readonly isOnly: boolean },
): readonly Section[] {
  const index = resultsIndex(results, environment);
  const metrics = curveMetrics.filter((metric) => index.splits(metric).length > 0);
  const suffix = `-${environment}`;
  const leaderboard: Block[] = metrics.length === 0 ? [noResults(environment)] : [
    ...suiteVerdicts(results, environment),
    buildLeaderboard(results, environment),
    ...present([buildControlTable(results, environment)]),
  ];
  const finalsBlocks = present([
    ...metrics.map((metric) => buildFinalChart(results, { environment, metric })),
    buildPerformanceProfile(results, environment),
  ]);
  const curves = metrics.flatMap((metric) => buildLearningCurves(results, { environment, metric }));
  const graphs = [...learnableTables(results, environment), ...buildDetailTables(results, environment)];
  const title = (text: string) => isOnly ? text : `${text}: ${environment}`;
  return [
    { id: `methods${suffix}`, title: title("Leaderboard"), blocks: leaderboard },
    { id: `final${suffix}`, title: title("Final performance"), blocks: finalsBlocks },
    { id: `paper${suffix}`, title: title("Beside the paper"), blocks: paperBlocks(results, environment) },
    { id: `curves${suffix}`, title: title("Learning curves"), blocks: curves },
    { id: `details${suffix}`, title: title("Graphs, codebooks and cost"), blocks: graphs },
  ].filter((section) => section.blocks.length > 0);
}

function present<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value): value is T => value !== null);
}

function learnableTables(results: SuiteResults, environment: string): readonly Block[] {
  const { runs, methods } = resultsIndex(results, environment);
  const finals = finalsByRun(results);
  const styles = stylesOf(results);
  return buildLearnableTables(
    methods.map((method) => {
      const color = styles.get(method)?.color;
      return {
        name: methodLabel(method),
        ...(color ? { color } : {}),
        runs: runs.filter((run) => run.method === method && run.status === "done")
          .map((run) => finals.get(run.id) ?? []),
      };
    }),
    { suffix: `-${environment}` },
  );
}

function noResults(environment: string): NoteBlock {
  return {
    kind: "note",
    id: `empty-${environment}`,
    tone: "info",
    title: "No evaluation yet",
    lines: ["The leaderboard appears with the first finished run; learning curves appear with the first evaluation."],
  };
}

function paperBlocks(results: SuiteResults, environment: string): readonly Block[] {
  const reference = paperEnvironment(environment);
  const differences = protocolDifferences(resultsIndex(results, environment).runs, environment);
  if (reference === null || differences === null) return [];
  const isSameTask = reference === environment;
  const remarks = [paperRemarks.get(reference) ?? []].flat();
  const note: NoteBlock = differences.rows.length === 0
    ? {
      kind: "note",
      id: `protocol-note-${environment}`,
      tone: "info",
      title: "The paper's settings",
      lines: ["Every setting compared here, number of seeds included, is the paper's.", ...remarks],
    }
    : {
      kind: "note",
      id: `protocol-note-${environment}`,
      tone: "warning",
      title: isSameTask
        ? "Not the paper's settings: compare with care"
        : `A variant of the paper's ${reference}: numbers are not comparable`,
      lines: [
        `${differences.rows.length} ${differences.rows.length === 1 ? "setting differs" : "settings differ"} from ` +
        "the paper, listed below" +
        (isSameTask ? "." : "; the paper's numbers are given for the order of methods only."),
        ...remarks,
      ],
    };
  return [
    note,
    ...(differences.rows.length > 0 ? [protocolTable(differences)] : []),
    ...(isSameTask
      ? ["return", "accuracy"].flatMap((metric) => buildPaperCharts(results, { environment, metric }))
      : []),
    ...present([
      ...["return", "accuracy"].map((metric) => buildPaperTable(reference, metric)),
      buildPaperCodebookBlock(reference),
    ]),
  ];
}
