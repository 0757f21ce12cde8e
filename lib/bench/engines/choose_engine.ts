import type { RunSpec } from "../../experiment/run_spec.ts";
import type { AskEngine, EngineAnswer } from "./ask_engine.ts";
import { differenceOf, type LoopTimes, plainly, safeEngine } from "./engine_findings.ts";

/** What was found of one engine for runs of one size. */
export interface EngineFinding {
  readonly engine: string;
  /** Median times with as many processes at once as will train; null for one that cannot be taken. */
  readonly times: LoopTimes | null;
  /** Why it cannot be taken; null where it can. */
  readonly reason: string | null;
}

/** The engine for runs of one size, and what speaks for it. */
export interface EngineChoice {
  readonly engine: string;
  readonly findings: readonly EngineFinding[];
}

/** The plain engine that tells what is right. */
const plainEngine = "cpu";

/** How much faster another engine has to be: less would be the noise of a busy machine. */
export const LEAST_ENGINE_GAIN = 1.25;

/**
 * Finds the engine for runs of one size: the fastest that computes what the plain one computes. Each is measured with as
 * many processes at once as will train, since engines share cores and cards differently.
 *
 * @param options.engines Those to look at; the safe one is always among them.
 * @param options.workers Processes that will train at a time.
 * @param options.blas The system BLAS that updates on the safe engine use; null for none.
 */
export async function chooseEngine(
  spec: RunSpec,
  { engines, workers, blas, ask }: {
    readonly engines: readonly string[];
    readonly workers: number;
    readonly blas: string | null;
    readonly ask: AskEngine;
  },
): Promise<EngineChoice> {
  const others = engines.filter((engine) => engine !== safeEngine);
  if (others.length === 0) return { engine: safeEngine, findings: [] };
  const plain = await ask({ engine: plainEngine, spec: plainly(spec), blas: null, what: "losses" });
  const findings: EngineFinding[] = [];
  for (const engine of others) {
    const reason = await whyNot(engine, { plain, spec, ask });
    findings.push(
      reason === null ? await timed(engine, { spec, workers, blas, ask }) : { engine, times: null, reason },
    );
  }
  // Who has no rival needs no time.
  if (findings.every(({ times }) => times === null)) return { engine: safeEngine, findings };
  findings.unshift(await timed(safeEngine, { spec, workers, blas, ask }));
  return { engine: fastest(findings), findings };
}

/** Of engines that were measured the fastest, if it is so by more than noise. */
function fastest(findings: readonly EngineFinding[]): string {
  const safe = findings.find(({ engine }) => engine === safeEngine)?.times;
  if (!safe) return safeEngine;
  let best = { engine: safeEngine, ms: loopMs(safe) / LEAST_ENGINE_GAIN };
  for (const { engine, times } of findings) {
    if (times && engine !== safeEngine && loopMs(times) < best.ms) best = { engine, ms: loopMs(times) };
  }
  return best.engine;
}

/** Time of one loop, ms. */
export function loopMs({ updateMs, planMs }: LoopTimes): number {
  return updateMs + planMs;
}

async function whyNot(
  engine: string,
  { plain, spec, ask }: { readonly plain: EngineAnswer; readonly spec: RunSpec; readonly ask: AskEngine },
): Promise<string | null> {
  if (plain.kind !== "losses") return `there is nothing to compare it with: ${textOf(plain)}`;
  const got = await ask({ engine, spec, blas: null, what: "losses" });
  if (got.kind !== "losses") return textOf(got);
  return differenceOf(got.losses, plain.losses);
}

async function timed(
  engine: string,
  { spec, workers, blas, ask }: {
    readonly spec: RunSpec;
    readonly workers: number;
    readonly blas: string | null;
    readonly ask: AskEngine;
  },
): Promise<EngineFinding> {
  const answers = await Promise.all(Array.from({ length: workers }, () => ask({ engine, spec, blas, what: "loop" })));
  const failed = answers.find((answer) => answer.kind !== "loop");
  if (failed) return { engine, times: null, reason: textOf(failed) };
  const times = answers.flatMap((answer) => answer.kind === "loop" ? [answer.times] : []);
  const mean = (of: (each: LoopTimes) => number) => times.reduce((sum, each) => sum + of(each), 0) / times.length;
  return {
    engine,
    times: { updateMs: mean(({ updateMs }) => updateMs), planMs: mean(({ planMs }) => planMs) },
    reason: null,
  };
}

function textOf(answer: EngineAnswer): string {
  return answer.kind === "failed" ? answer.error : `it answered with its ${answer.kind}`;
}
