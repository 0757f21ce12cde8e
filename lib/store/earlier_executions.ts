import { crc32 } from "node:zlib";
import { executionIdOf, type ExecutionOrigin } from "../records/execution.ts";
import type { Origin } from "../records/run_records.ts";

/** Of an execution of which nothing is known. */
export const unknownOrigin: ExecutionOrigin = {
  settings: null,
  code: { version: "unknown", hash: null },
  engine: { backend: "unknown", library: {} },
  machine: {},
  trigger: "API",
};

/** Id of what was recorded of a suite before there were executions: the same in every copy of its store. */
export function earlierExecutionId(suite: string, startedAtMs: number): string {
  const distinction = crc32(new TextEncoder().encode(`${suite} ${startedAtMs}`)).toString(16).padStart(8, "0").slice(2);
  return executionIdOf(startedAtMs, distinction);
}

/** What is known of it, from the origins of the run that changed last, as JSON. */
export function earlierOrigin(origins: string): ExecutionOrigin {
  const provenance = lastProvenance(origins);
  const known = { ...unknownOrigin, trigger: "command line" } as const;
  if (provenance === undefined) return known;
  const { codeVersion, backend, versions, machine } = provenance;
  const { tfjs, blas } = versions;
  return {
    ...known,
    code: { version: codeVersion, hash: null },
    engine: { backend, library: { ...(tfjs ? { tfjs } : {}), ...(blas ? { blas } : {}) } },
    machine,
  };
}

function lastProvenance(origins: string): Origin["provenance"] | undefined {
  try {
    return (JSON.parse(origins) as readonly Origin[]).at(-1)?.provenance;
  } catch {
    // A damaged row must not keep the others from being brought up to date.
    return undefined;
  }
}
