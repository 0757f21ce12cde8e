import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import { parseWith } from "../core/parse.ts";
import { archiveFormat, type ArchiveLine, archiveLineSchema, type LineOf, type RunLine } from "./archive_lines.ts";
import { RunDigest } from "./run_lines.ts";

/** Characters of a line, at most: an artifact of a few hundred MiB. */
const LONGEST_LINE = 2 ** 28;

/** A run of an archive: what tells it from others. */
export interface ArchivedRun {
  readonly line: LineOf<"run">;
  /** See `RunDigest`. */
  readonly digest: string;
}

/** An execution of an archive. */
export interface ArchivedExecution {
  readonly line: LineOf<"execution">;
  readonly runs: readonly ArchivedRun[];
}

/** What an archive holds, without metrics and artifacts. */
export interface ArchiveContents {
  readonly executions: readonly ArchivedExecution[];
  /** SHA-256 of its lines. */
  readonly sha256: string;
}

/**
 * Reads an archive from its first to its last line and checks all of it: compression, digest, every line, and that
 * lines belong together.
 *
 * @throws {Error} One sentence, if the file is truncated, altered or no archive.
 */
export async function checkArchive(path: string): Promise<ArchiveContents> {
  const executions: { line: LineOf<"execution">; runs: ArchivedRun[] }[] = [];
  const ids = new Set<string>();
  let run: { readonly line: LineOf<"run">; readonly digest: RunDigest; readonly parts: Set<string> } | null = null;
  const endRun = () => {
    if (run) executions.at(-1)!.runs.push({ line: run.line, digest: run.digest.end() });
    run = null;
  };
  const addOnce = (id: string, known: Set<string>) => {
    if (known.has(id)) throw refusal(path, { reason: "it has something twice", rule: "each once", got: `${id} twice` });
    known.add(id);
  };
  let sha256 = "";
  for await (const line of readArchive(path)) {
    switch (line.kind) {
      case "execution":
        endRun();
        addOnce(`execution ${line.id}`, ids);
        executions.push({ line, runs: [] });
        break;
      case "run":
        endRun();
        addOnce(`run ${line.id}`, ids);
        if (executions.length === 0) throw misplaced(path, { line, rule: "an execution before it" });
        run = { line, digest: new RunDigest(), parts: new Set() };
        run.digest.add(line);
        break;
      case "series":
      case "artifact": {
        if (!run) throw misplaced(path, { line, rule: "a run before it" });
        const { digest, parts } = run as { digest: RunDigest; parts: Set<string> };
        addOnce(line.kind === "series" ? JSON.stringify([line.split, line.name, line.qualifier]) : line.name, parts);
        if (line.kind === "series") checkOrder(line, path);
        digest.add(line);
        break;
      }
      case "end":
        endRun();
        sha256 = line.sha256;
    }
  }
  return { executions, sha256 };
}

/** Lines of each run of an archive that was checked, with the line of its execution. */
export async function* runsOf(
  path: string,
): AsyncGenerator<{ readonly execution: LineOf<"execution">; readonly lines: readonly RunLine[] }> {
  let execution: LineOf<"execution"> | null = null;
  let lines: RunLine[] = [];
  for await (const line of readArchive(path)) {
    const isPart = line.kind === "series" || line.kind === "artifact";
    if (!isPart && lines.length > 0) {
      yield { execution: execution!, lines };
      lines = [];
    }
    if (line.kind === "execution") execution = line;
    if (line.kind === "run" || isPart) lines.push(line);
  }
}

/**
 * Lines of an archive from the first to the last, each checked by itself.
 *
 * @throws {Error} One sentence; also after lines were given, where what follows them is missing or was altered.
 */
export async function* readArchive(path: string): AsyncGenerator<ArchiveLine> {
  const hash = createHash("sha256");
  let count = 0;
  let end: LineOf<"end"> | null = null;
  for await (const text of textLines(path)) {
    if (end) throw refusal(path, { reason: "it goes on after its last line", rule: "nothing after it", got: "more" });
    const line = parseLine(text, { path, number: count + 1 });
    if ((count === 0) !== (line.kind === "archive")) {
      throw refusal(path, {
        reason: "it is no archive of this program",
        rule: `a first line of kind archive and no other, of version ${archiveFormat.version}`,
        got: `kind ${line.kind} in line ${count + 1}`,
      });
    }
    if (line.kind === "end") end = line;
    else {
      hash.update(`${text}\n`);
      count++;
    }
    if (end && (end.lines !== count || end.sha256 !== hash.copy().digest("hex"))) {
      throw refusal(path, { reason: "it was altered", rule: "what was written", got: "other lines" });
    }
    yield line;
  }
  if (!end) throw refusal(path, { reason: "it is truncated", rule: "a last line of kind end", got: `${count} lines` });
}

async function* textLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const gunzip = createGunzip();
  let failure: unknown;
  // Whatever fails ends the other one.
  pipeline(file as Readable, gunzip, (error) => failure = error);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: string[] = [];
  let length = 0;
  try {
    for await (const chunk of gunzip) {
      const pieces = decoder.decode(chunk as Uint8Array, { stream: true }).split("\n");
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) {
          yield parts.join("");
          [parts, length] = [[], 0];
        }
        parts.push(piece);
        length += piece.length;
        if (length > LONGEST_LINE) {
          throw refusal(path, {
            reason: "a line is too long",
            rule: `at most ${LONGEST_LINE} characters`,
            got: "more",
          });
        }
      }
    }
    if (parts.join("") + decoder.decode() !== "") {
      throw refusal(path, { reason: "it is truncated", rule: "lines that end", got: "a part of one" });
    }
  } catch (error) {
    if (messageOf(error).startsWith("Cannot ")) throw error;
    throw unreadable(path, failure ?? error);
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

function parseLine(text: string, { path, number }: { readonly path: string; readonly number: number }): ArchiveLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusal(path, { reason: `line ${number} is no JSON`, rule: "an object", got: messageOf(error) });
  }
  return parseWith(archiveLineSchema, value, `archive ${path}, line ${number}`);
}

function checkOrder({ rows, split, name }: LineOf<"series">, path: string): void {
  for (const [i, [updates, envSteps]] of rows.entries()) {
    const before = rows[i - 1];
    if (!before || before[0] < updates || (before[0] === updates && before[1] < envSteps)) continue;
    throw refusal(path, {
      reason: `records of ${name} of split ${split} are out of order`,
      rule: "each later than the one before",
      got: `update ${updates} after ${before[0]}`,
    });
  }
}

function misplaced(path: string, { line, rule }: { readonly line: ArchiveLine; readonly rule: string }): RangeError {
  return refusal(path, { reason: `a line of kind ${line.kind} has no place`, rule, got: "none" });
}

function unreadable(path: string, error: unknown): Error {
  const { code } = error as { readonly code?: string };
  if (code === "ENOENT") return refusal(path, { reason: "there is no such file", rule: "an archive", got: "none" });
  if (code === "EISDIR") return refusal(path, { reason: "it is a folder", rule: "an archive", got: "a folder" });
  const reason = code === "Z_BUF_ERROR" ? "it is truncated" : "it cannot be read, or was altered";
  return refusal(path, { reason, rule: "an archive as it was written", got: messageOf(error) });
}

function refusal(
  path: string,
  { reason, rule, got }: { readonly reason: string; readonly rule: string; readonly got: string },
): RangeError {
  return new RangeError(`Cannot read archive ${path}: ${reason}, expected ${rule}, got ${got}`);
}
