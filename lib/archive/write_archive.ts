import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { link, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import type { Execution } from "../records/execution.ts";
import type { StoreReader } from "../store/store.ts";
import { archiveFormat, type LineOf } from "./archive_lines.ts";
import { lineText, runLines } from "./run_lines.ts";

/**
 * Writes executions to an archive, see `docs/archive.md`. The same executions give the same bytes. The file is there
 * whole or not at all, and takes the place of none.
 *
 * @param executions Of the store, in the order in which they are written.
 * @throws {Error} One sentence, if the file is there or cannot be written, or records of a run are damaged.
 */
export async function writeArchive(
  store: StoreReader,
  { executions, path }: { readonly executions: readonly Execution[]; readonly path: string },
): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}.part`;
  try {
    await pipeline(
      Readable.from(archiveText(store, executions)),
      createGzip(),
      createWriteStream(draft, { flags: "wx" }),
    );
    await putInPlace(draft, path);
  } catch (error) {
    if (messageOf(error).startsWith("Cannot ")) throw error;
    throw new Error(
      `Cannot write ${path}: expected a new file in a folder that can be written, got ${messageOf(error)}`,
    );
  } finally {
    await rm(draft, { force: true });
  }
}

/** A link is refused where something has the name, and a rename would replace it. */
async function putInPlace(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === "EEXIST") {
      throw new Error(`Cannot write ${path}: the file is there, expected a new one, got an old one`);
    }
    // A file system without hard links.
    await rename(draft, path);
  }
}

async function* archiveText(store: StoreReader, executions: readonly Execution[]): AsyncGenerator<string> {
  const hash = createHash("sha256");
  let lines = 0;
  const written = (line: object) => {
    const text = lineText(line);
    hash.update(text);
    lines++;
    return text;
  };
  yield written(archiveFormat);
  for (const execution of executions) {
    yield written(executionLine(execution));
    for (const run of await store.listRuns({ execution: execution.id })) {
      if (run.damage !== undefined) throw new Error(`Cannot archive execution ${execution.id}: ${run.damage}`);
      for await (const line of runLines(store, run)) yield written(line);
    }
  }
  yield lineText({ kind: "end", lines, sha256: hash.digest("hex") } satisfies LineOf<"end">);
}

function executionLine(execution: Execution): LineOf<"execution"> {
  if (execution.damage !== undefined) throw new Error(`Cannot archive execution ${execution.id}: ${execution.damage}`);
  const { id, suite, startedAtMs, settings, code, engine, machine, trigger, tags } = execution;
  return {
    ...{ kind: "execution", id, suite, startedAtMs, settings },
    code: { version: code.version, hash: code.hash },
    engine: { backend: engine.backend, library: { ...engine.library } },
    machine: { ...machine },
    ...{ trigger, tags: [...tags] },
  };
}
