import { Buffer, isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { canonicalJson } from "../experiment/spec_hash.ts";
import type { RunProgress } from "../records/run_records.ts";
import type { Artifact, Run, StoreReader } from "../store/store.ts";
import { leftOutArtifacts, type LineOf, type RunLine } from "./archive_lines.ts";

/**
 * Lines of a run, as an archive has them: the same for the same content, whatever store it is in.
 *
 * @throws {DamageError} If records of the run are not what was written.
 */
export async function* runLines(store: StoreReader, run: Run): AsyncGenerator<RunLine> {
  yield runLine(run);
  let rows: LineOf<"series">["rows"] = [];
  let series: Omit<LineOf<"series">, "kind" | "rows"> | null = null;
  for await (
    const { split, name, qualifier, updates, envSteps, value, elapsedMs } of store.streamMetrics({ runIds: [run.id] })
  ) {
    if (series === null || series.split !== split || series.name !== name || series.qualifier !== qualifier) {
      if (series) yield { kind: "series", ...series, rows };
      [series, rows] = [{ split, name, qualifier }, []];
    }
    rows.push([updates, envSteps, value, elapsedMs]);
  }
  if (series) yield { kind: "series", ...series, rows };
  for (const { name } of await store.listArtifacts(run.id)) {
    if (leftOutArtifacts.includes(name)) continue;
    const artifact = await store.getArtifact(run.id, name);
    if (artifact) yield artifactLine(artifact);
  }
}

function runLine(run: Run): LineOf<"run"> {
  const { id, environment, method, seed, spec, error, progress, origins, createdAtMs, updatedAtMs, elapsedMs } = run;
  return {
    ...{ kind: "run", id, environment, method, seed },
    spec: spec as LineOf<"run">["spec"],
    // Whoever trained it is not there where the file is read.
    status: run.status === "running" ? "interrupted" : run.status,
    error,
    progress: progress && progressOf(progress),
    origins: origins.map(({ fromLoop, provenance: { codeVersion, versions, backend, machine } }) => ({
      fromLoop,
      provenance: { codeVersion, versions: { ...versions }, backend, machine: { ...machine } },
    })),
    ...{ createdAtMs, updatedAtMs, elapsedMs },
  };
}

/** In this order of fields, whatever wrote it. */
function progressOf({ loop, loops, envSteps, updates, updatesPerSecond, remainingMs }: RunProgress): RunProgress {
  return { loop, loops, envSteps, updates, updatesPerSecond, remainingMs };
}

function artifactLine({ name, contentType, updatedAtMs, bytes }: Artifact): LineOf<"artifact"> {
  const encoding = isUtf8(bytes) ? "utf-8" : "base64";
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
    encoding === "utf-8" ? "utf8" : "base64",
  );
  return { kind: "artifact", name, contentType, updatedAtMs, encoding, data };
}

/** Bytes of an artifact's line. */
export function artifactBytes({ encoding, data }: LineOf<"artifact">): Uint8Array {
  return new Uint8Array(Buffer.from(data, encoding === "utf-8" ? "utf8" : "base64"));
}

/** A line as it is written. */
export function lineText(line: object): string {
  return `${JSON.stringify(line)}\n`;
}

/** What tells whether two runs are the same: SHA-256 of their lines. */
export class RunDigest {
  readonly #hash = createHash("sha256");

  /** Takes the next line of the run. */
  add(line: RunLine): void {
    this.#hash.update(line.kind === "run" ? `${canonicalJson(line)}\n` : lineText(line));
  }

  /** The digest of all lines so far; none may follow. */
  end(): string {
    return this.#hash.digest("hex");
  }
}

/** Digest of a run in a store. */
export async function runDigest(store: StoreReader, run: Run): Promise<string> {
  const digest = new RunDigest();
  for await (const line of runLines(store, run)) digest.add(line);
  return digest.end();
}
