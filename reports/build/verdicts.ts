import { headline, judge } from "../../lib/metrics/verdicts/judge.ts";
import { fixed, type Outcome, type Verdict } from "../../lib/metrics/verdicts/verdict.ts";
import type { MetricRow, Run } from "../../lib/store/store.ts";
import type { Block, NoteBlock } from "../blocks.ts";
import { controlVerdict, leavesEdgesOut } from "./control_comparison.ts";
import { controlRoleOf } from "../read/controls.ts";
import { finalsByRun } from "../read/finals_by_run.ts";
import { measureRun } from "./measure_run.ts";
import { methodLabel, methodsOf, type SuiteResults } from "../read/results.ts";

/** How outcomes are called in a table. */
const outcomeNames: Readonly<Record<Outcome, string>> = {
  fault: "fault",
  limit: "limit",
  sound: "sound",
  unchecked: "not checked",
};

/**
 * The verdicts on one run, in words: a headline with all faults and with what was not checked, then each check with its
 * numbers. Empty for a run without records.
 *
 * @param results.control Last records of the control with the run's suite, environment and seed; null without one.
 */
export function runVerdicts(
  { run, finals, control }: {
    readonly run: Run;
    readonly finals: readonly MetricRow[];
    readonly control: readonly MetricRow[] | null;
  },
): readonly Block[] {
  if (finals.length === 0) return [];
  if (controlRoleOf(run) !== null) return [controlNote];
  const verdicts = [
    ...judge(measureRun(finals)),
    controlVerdict(control === null ? [] : [{ own: finals, control }]),
  ];
  return [
    {
      kind: "note",
      id: "verdict",
      tone: toneOf(verdicts),
      title: headline(verdicts),
      lines: verdicts.filter(({ outcome }) => outcome === "fault" || outcome === "limit").map((each) => each.sentence),
    },
    {
      kind: "table",
      id: "verdicts",
      title: "What was checked",
      caption:
        "From the run's last records, in distribution where nothing else is said. Thresholds and their reasons: " +
        "docs/metrics.md.",
      columns: [{ label: "Check" }, { label: "Verdict" }, { label: "In numbers", prose: true }],
      rows: verdicts.map(({ check, outcome, sentence }) => [
        { text: checkTitles[check] },
        { text: outcomeNames[outcome] },
        { text: sentence },
      ]),
    },
  ];
}

const checkTitles: Readonly<Record<Verdict["check"], string>> = {
  collapse: "Codebook in use",
  "one-graph": "Different graphs",
  contexts: "Contexts told apart",
  shift: "Same code under the shift",
  density: "No edges too many",
  sparsity: "No edges missing",
  "given-edges": "Given edges right",
  control: "Better than leaving edges out",
};

const controlNote: NoteBlock = {
  kind: "note",
  id: "verdict",
  tone: "info",
  title: "A control: its graph is given, not learned",
  lines: ["Other methods are compared with it, and it is not judged itself; see docs/methods/fixed-graph.md."],
};

/**
 * What a suite's finished runs show, a sentence a method: its faults with the seeds that have them and the range of the
 * numbers, and whether it is better under the shift than leaving edges out, over seeds. Empty without finished runs.
 */
export function suiteVerdicts(results: SuiteResults, environment: string): readonly NoteBlock[] {
  const runs = results.runs.filter((run) => run.environment === environment && run.status === "done");
  const finals = finalsByRun(results);
  const controls = new Map(runs.filter(leavesEdgesOut).map((run) => [run.seed, finals.get(run.id) ?? []]));
  const judged = methodsOf(runs).flatMap((method) => {
    const own = runs.filter((run) => run.method === method && controlRoleOf(run) === null);
    if (own.length === 0) return [];
    const seeds = own.flatMap((run) => {
      const control = controls.get(run.seed);
      return control ? [{ own: finals.get(run.id) ?? [], control }] : [];
    });
    const byRun = own.map((run) => judge(measureRun(finals.get(run.id) ?? [])));
    return [{ method, byRun, comparison: controlVerdict(seeds) }];
  });
  if (judged.length === 0) return [];
  const hasControl = judged.some(({ comparison }) => comparison.outcome !== "unchecked");
  const all = judged.flatMap(({ byRun, comparison }) => [...byRun.flat(), ...(hasControl ? [comparison] : [])]);
  return [{
    kind: "note",
    id: `verdicts-${environment}`,
    tone: toneOf(all),
    title: "What was learned",
    lines: [
      ...judged.map(({ method, byRun, comparison }) =>
        `${methodLabel(method)}: ${methodSentence(byRun, hasControl ? comparison : null)}`
      ),
      ...(hasControl ? [] : [
        "Not compared with leaving edges out: no finished run of the control without learnable edges in this suite.",
      ]),
    ],
  }];
}

function methodSentence(byRun: readonly (readonly Verdict[])[], comparison: Verdict | null): string {
  const faults = grouped(byRun, (verdict) => verdict.outcome === "fault" || verdict.outcome === "limit");
  const open = new Set(byRun.flat().filter(({ outcome }) => outcome === "unchecked").map(({ title }) => title));
  const checked = byRun.some((verdicts) => verdicts.some(({ outcome }) => outcome !== "unchecked"));
  const sound = new Set(byRun.flat().filter(({ outcome }) => outcome === "sound").map(({ title }) => title));
  const said = [
    ...(faults.length > 0 ? [faults.join("; ")] : []),
    ...(faults.length === 0 && checked ? [`sound on ${seedsText(byRun.length)}: ${[...sound].join(", ")}`] : []),
    ...(byRun.every((verdicts) => verdicts.length === 0) ? ["no causal graph to check"] : []),
    ...(open.size > 0 ? [`not checked: ${[...open].join(", ")}`] : []),
    ...(comparison === null ? [] : [lowered(comparison.sentence).replace(/\.$/, "")]),
  ];
  return `${said.join(". ").replace(/\. ([a-z])/g, (_, letter: string) => `. ${letter.toUpperCase()}`)}.`;
}

/** Each title that some run has, with how many of them and the range of the numbers. */
function grouped(byRun: readonly (readonly Verdict[])[], isWanted: (verdict: Verdict) => boolean): string[] {
  const byTitle = Map.groupBy(byRun.flatMap((verdicts) => verdicts.filter(isWanted)), ({ title }) => title);
  return [...byTitle].map(([title, verdicts]) => {
    const figures = verdicts.flatMap(({ figure }) => figure ? [figure] : []);
    return `${title} on ${verdicts.length} of ${seedsText(byRun.length)}${figures.length > 0 ? range(figures) : ""}`;
  });
}

function range(figures: readonly NonNullable<Verdict["figure"]>[]): string {
  const { unit, of } = figures[0]!;
  const texts = figures.map(({ value }) => value).sort((a, b) => a - b).map((value) => fixed(value));
  const [first, last] = [texts[0]!, texts.at(-1)!];
  return ` (${first === last ? first : `${first} to ${last}`} ${unit} ${of})`;
}

function seedsText(count: number): string {
  return `${count} ${count === 1 ? "seed" : "seeds"}`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function toneOf(verdicts: readonly Verdict[]): NoteBlock["tone"] {
  return verdicts.some(({ outcome }) => outcome === "fault") ? "warning" : "info";
}
