import { visible } from "../core/visible.ts";
import { canonicalJson } from "../experiment/spec_hash.ts";
import type { Execution, NewExecution } from "../records/execution.ts";
import { DamageError, type ImportedRun, isHeld, type Run, type Store } from "../store/store.ts";
import type { LineOf, RunLine } from "./archive_lines.ts";
import { type ArchiveContents, checkArchive, runsOf } from "./read_archive.ts";
import { artifactBytes, RunDigest, runDigest } from "./run_lines.ts";

/** What became of the runs of archives. */
export interface MergeOutcome {
  /** Ids of executions that the store did not have. */
  readonly begun: readonly string[];
  /** Runs that were not there, that took the place of one that was less far, and all others. */
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
}

/** A run as it will be: in the store already, or in a file. */
interface Standing {
  readonly execution: string;
  readonly line: Pick<LineOf<"run">, "environment" | "method" | "seed" | "spec" | "status" | "updatedAtMs">;
  /** Null for a damaged one. */
  readonly digest: string | null;
  readonly isHeld: boolean;
  /** Revision of the stored run of this id; null where there is none. */
  readonly stored: number | null;
  /** The file that it comes from; null for the store's own. */
  readonly path: string | null;
}

/**
 * Merges archives into a store. Everything is checked first: files, and that nothing in them contradicts the store or
 * another file. Of a run that is there already the one that is done stays, of two that are not done the one that was
 * changed last; a sound one takes the place of a damaged one. Doing it again changes nothing.
 *
 * @throws {Error} One sentence, if a file is not sound or a conflict was found; nothing was written then.
 */
export async function mergeArchives(
  store: Store,
  paths: readonly string[],
  { nowMs }: { readonly nowMs: number },
): Promise<MergeOutcome> {
  const archives: { readonly path: string; readonly contents: ArchiveContents }[] = [];
  for (const path of paths) archives.push({ path, contents: await checkArchive(path) });
  const executions = new Map<string, Execution | NewExecution>();
  for (const execution of await store.listExecutions()) executions.set(execution.id, execution);
  const begun = new Set<string>();
  const runs = new Map<string, Standing>();
  let unchanged = 0;
  for (const { path, contents } of archives) {
    for (const { line, runs: archived } of contents.executions) {
      const known = executions.get(line.id);
      if (known) refuseOtherExecution(line, { known, path });
      else begun.add(line.id);
      executions.set(line.id, known ?? executionOf(line));
      for (const each of archived) {
        const id = each.line.id;
        const standing = runs.get(id) ?? await standingOf(store, { id, nowMs });
        const decided = decide(
          { execution: line.id, line: each.line, digest: each.digest, isHeld: false, stored: null, path },
          standing,
        );
        if (decided === standing) unchanged++;
        runs.set(id, decided);
      }
    }
  }
  const written = await write(store, { archives, runs });
  return { begun: [...begun], ...written, unchanged };
}

async function standingOf(
  store: Store,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Promise<Standing | null> {
  const run = await store.getRun(id);
  if (!run) return null;
  return {
    execution: run.execution,
    line: lineOf(run),
    digest: await digestOrNull(store, run),
    isHeld: isHeld(run, nowMs),
    stored: run.revision,
    path: null,
  };
}

function lineOf(run: Run): Standing["line"] {
  const { environment, method, seed, updatedAtMs } = run;
  const status = run.status === "running" ? "interrupted" : run.status;
  return { environment, method, seed, spec: run.spec as LineOf<"run">["spec"], status, updatedAtMs };
}

async function digestOrNull(store: Store, run: Run): Promise<string | null> {
  if (run.damage !== undefined) return null;
  try {
    return await runDigest(store, run);
  } catch (error) {
    if (error instanceof DamageError) return null;
    throw error;
  }
}

/** The one of two runs of the same id that stays. */
function decide(archived: Standing, standing: Standing | null): Standing {
  if (!standing) return archived;
  const { stored } = standing;
  if (standing.digest === archived.digest && standing.execution === archived.execution) return standing;
  const conflict = (reason: string) =>
    new RangeError(
      `Cannot import ${archived.path}: run ${visible(idText(archived))} of execution ${archived.execution} ${reason}`,
    );
  const isOther = standing.execution !== archived.execution ||
    (standing.digest !== null && identityOf(standing) !== identityOf(archived));
  const where = standing.path === null ? "in the store" : `in ${standing.path}`;
  if (isOther) throw conflict(`is another ${where}, expected the same experiment, got one of ${standing.execution}`);
  const isDone = (run: Standing) => run.line.status === "done";
  const isNewer = isDone(archived) !== isDone(standing)
    ? isDone(archived)
    : archived.line.updatedAtMs > standing.line.updatedAtMs;
  if (standing.digest !== null && isDone(archived) && isDone(standing)) {
    throw conflict(`has other results ${where}, expected the same of a run that is done, got different ones`);
  }
  if (standing.digest !== null && !isNewer) return standing;
  if (standing.isHeld) throw conflict(`is being trained ${where}, expected runs that rest, got one that is held`);
  return { ...archived, stored };
}

function identityOf({ line: { environment, method, seed, spec } }: Standing): string {
  return canonicalJson({ environment, method, seed, spec });
}

function idText({ line }: Standing): string {
  return `${line.method} on ${line.environment}, seed ${line.seed},`;
}

function refuseOtherExecution(
  line: LineOf<"execution">,
  { known, path }: { readonly known: Execution | NewExecution; readonly path: string },
): void {
  if ("damage" in known && known.damage !== undefined) return;
  const text = ({ suite, startedAtMs, settings, code, engine, machine, trigger }: NewExecution) =>
    canonicalJson({ suite, startedAtMs, settings, code, engine, machine, trigger });
  if (text(known) === text(executionOf(line))) return;
  throw new RangeError(
    `Cannot import ${path}: execution ${line.id} is another one in the store or in another file, expected the same ` +
      `suite, start, code, engine and machine, got different ones`,
  );
}

function executionOf({ kind: _, tags: __, ...execution }: LineOf<"execution">): NewExecution {
  return execution;
}

/** Writes the runs that come from files, an execution at a time. */
async function write(
  store: Store,
  { archives, runs }: {
    readonly archives: readonly { readonly path: string }[];
    readonly runs: ReadonlyMap<string, Standing>;
  },
): Promise<Pick<MergeOutcome, "added" | "replaced">> {
  let [added, replaced] = [0, 0];
  for (const { path } of archives) {
    let batch: { readonly execution: LineOf<"execution">; readonly runs: ImportedRun[] } | null = null;
    const flush = async () => {
      if (batch) await store.importRuns({ ...executionOf(batch.execution), tags: batch.execution.tags }, batch.runs);
      batch = null;
    };
    for await (const { execution, lines } of runsOf(path)) {
      if (batch === null || (batch as { execution: LineOf<"execution"> }).execution.id !== execution.id) {
        await flush();
        batch = { execution, runs: [] };
      }
      const [line] = lines as readonly [LineOf<"run">];
      const standing = runs.get(line.id);
      if (standing?.path !== path) continue;
      refuseChange(lines, { standing, path });
      if (standing.stored === null) added++;
      else replaced++;
      batch.runs.push(importedRun(lines, standing.stored));
    }
    await flush();
  }
  return { added, replaced };
}

/** What is written is what was checked. */
function refuseChange(
  lines: readonly RunLine[],
  { standing, path }: { readonly standing: Standing; readonly path: string },
): void {
  const digest = new RunDigest();
  for (const line of lines) digest.add(line);
  if (digest.end() === standing.digest) return;
  throw new Error(`Cannot import ${path}: the file changed meanwhile, expected one that rests, got other lines`);
}

function importedRun(lines: readonly RunLine[], replaces: number | null): ImportedRun {
  const [{ kind: _, ...run }] = lines as readonly [LineOf<"run">];
  return {
    run,
    replaces,
    metrics: lines.flatMap((line) =>
      line.kind === "series"
        ? line.rows.map(([updates, envSteps, value, elapsedMs]) => ({
          ...{ split: line.split, name: line.name, qualifier: line.qualifier },
          ...{ updates, envSteps, value, elapsedMs },
        }))
        : []
    ),
    artifacts: lines.flatMap((line) =>
      line.kind === "artifact"
        ? [{
          name: line.name,
          contentType: line.contentType,
          updatedAtMs: line.updatedAtMs,
          bytes: artifactBytes(line),
        }]
        : []
    ),
  };
}
