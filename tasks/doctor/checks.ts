import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { type AskEngine, askInProcess, type EngineAnswer } from "../../lib/bench/mod.ts";
import { messageOf } from "../../lib/core/errors.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { openStore } from "../../lib/store/open_store.ts";
import {
  backendChoices,
  type BackendName,
  findSystemBlas,
  kernelsInUse,
  LEAST_GAIN,
  loadedLibrary,
  measureGemm,
  openSystemBlas,
  smallProduct,
  type SystemBlas,
  typicalProduct,
  useBackend,
} from "../../lib/tensor/mod.ts";
import { storeFile } from "../results_folder.ts";
import { shownPath } from "../user_paths.ts";

/** What was found of one part. */
export interface Check {
  readonly part: string;
  /** `no` is a part that is not there and need not be; `failed` is one that should work and does not. */
  readonly status: "ok" | "no" | "failed";
  readonly detail: string;
  /** What would make it available. */
  readonly remedy?: string;
}

/** The backend that everything runs on when nothing else is asked for. */
export const defaultBackend: BackendName = "wasm";

/** Tries every backend on a small product. */
export async function checkBackends(): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const name of backendChoices) checks.push(await checkBackend(name));
  return checks;
}

async function checkBackend(name: BackendName): Promise<Check> {
  const part = `backend ${name}`;
  try {
    await useBackend(name);
    const values = await smallProduct();
    if (values.join() !== "21,43") {
      return { part, status: "failed", detail: `multiplies wrongly: expected 21,43, got ${values}` };
    }
    return { part, status: "ok", detail: name === "wasm" ? wasmDetail() : backendDetail(name) };
  } catch (error) {
    return { part, ...reasonOf(messageOf(error)), status: name === defaultBackend ? "failed" : "no" };
  }
}

function wasmDetail(): string {
  const build = kernelsInUse();
  switch (build) {
    case "relaxed-simd":
      return "own kernels, relaxed SIMD (the fastest build); the default";
    case "simd":
      return "own kernels, SIMD; this engine has no relaxed SIMD; the default";
    case "stock":
      return "stock kernels only, slow: this engine has no SIMD; the default";
  }
}

function backendDetail(name: BackendName): string {
  if (name === "cpu") return "plain JavaScript, the slow reference";
  const library = name === "tensorflow" ? loadedLibrary() : null;
  return library ? `TensorFlow ${library.version}, on the ${library.usesGpu ? "GPU" : "processor"}` : "runs";
}

/**
 * Measures an update and a plan of FCDL at the paper's size on each backend that works, in processes of their own.
 *
 * @param checks What {@link checkBackends} found.
 * @returns The same with times in their details, or why there are none.
 */
export async function measureBackends(
  checks: readonly Check[],
  { ask = askInProcess }: { readonly ask?: AskEngine } = {},
): Promise<readonly Check[]> {
  const spec = runSpecSchema.parse({
    suite: "doctor",
    environment: { id: "chemical" },
    method: { id: "fcdl" },
    seed: 1,
  });
  const measured: Check[] = [];
  for (const check of checks) {
    const engine = check.part.replace(/^backend /, "");
    // The reference is too slow to wait for.
    const isTimed = check.status === "ok" && engine !== "cpu";
    const answer = isTimed ? await ask({ engine, spec, blas: null, what: "loop" }) : null;
    measured.push(answer === null ? check : { ...check, detail: `${check.detail}; ${timeText(answer)}` });
  }
  return measured;
}

function timeText(answer: EngineAnswer): string {
  if (answer.kind !== "loop") return `not measured: ${answer.kind === "failed" ? answer.error : "no times"}`;
  const [updateMs, planMs] = [answer.times.updateMs, answer.times.planMs].map((ms) => ms.toPrecision(3));
  return `FCDL: ${updateMs} ms an update, ${planMs} ms a plan`;
}

/** A backend's error as reason and remedy. */
function reasonOf(message: string): { readonly detail: string; readonly remedy?: string } {
  const [, reason, remedy] =
    /^Cannot use backend "\w+": (.*), expected one that runs here, .*?; to make it available: (.*)$/s
      .exec(message) ?? [];
  if (reason === undefined) return { detail: message };
  return {
    detail: reason.replace(/ \(Import "\S+" not a dependency.*\)$/, ": it is not in deno.json"),
    remedy: remedy!,
  };
}

/**
 * Looks for a system BLAS and measures it against the own kernel, if the wasm backend runs.
 *
 * @param setting `auto`, `off`, or a library, as `--blas` of bench takes it.
 */
export async function checkBlas(setting: string): Promise<Check> {
  const part = "system BLAS";
  if (setting === "off") return { part, status: "no", detail: "switched off" };
  let blas: SystemBlas | null;
  try {
    if (setting === "auto") {
      const found = findSystemBlas();
      blas = found.blas;
      if (!blas) return { part, status: "no", detail: `${found.reason}; the own kernel is used`, remedy: blasRemedy() };
    } else blas = openSystemBlas(setting);
  } catch (error) {
    return { part, status: "failed", detail: messageOf(error) };
  }
  try {
    await useBackend("wasm");
    const { ownGflops, blasGflops } = measureGemm(typicalProduct, { blas, clock: () => performance.now() });
    const isUsed = setting !== "auto" || blasGflops! > LEAST_GAIN * ownGflops;
    const speeds = `${blasGflops!.toFixed(0)} GFLOP/s, own kernel ${ownGflops.toFixed(0)}`;
    return {
      part,
      status: "ok",
      detail: `${blas.version} (${blas.library}): ${speeds}; ${isUsed ? "used for updates" : "not used: no faster"}`,
    };
  } catch {
    return { part, status: "no", detail: `${blas.version}, found; not used: the wasm backend does not run` };
  } finally {
    blas.close();
  }
}

function blasRemedy(): string {
  switch (Deno.build.os) {
    case "linux":
      return "apt-get install libopenblas0-pthread, or name a library with FCDL_BLAS";
    case "darwin":
      return "allow FFI: Accelerate is part of macOS";
    default:
      return "install OpenBLAS and name its library with FCDL_BLAS";
  }
}

/** Whether a results folder can be written and a store in it opens; leaves nothing behind. */
export async function checkStore(folder: string): Promise<Check> {
  const part = `store in ${shownPath(folder)}`;
  const path = storeFile(folder);
  const remedy = "a folder that can be written, with --out";
  let place = resolve(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    const probe = await mkdtemp(join(place, ".doctor-"));
    await rm(probe, { recursive: true });
  } catch (error) {
    return { part, status: "failed", detail: `cannot be written: ${messageOf(error)}`, remedy };
  }
  const scratch = await mkdtemp(join(tmpdir(), "fcdl-doctor-"));
  try {
    const isThere = existsSync(path);
    const store = await openStore(isThere ? path : storeFile(scratch), { readOnly: isThere });
    try {
      const suites = (await store.listSuites()).length;
      const detail = isThere ? `opens, ${suites} ${suites === 1 ? "suite" : "suites"}` : "none yet; a new one opens";
      return { part, status: "ok", detail: `${detail}; the folder can be written` };
    } finally {
      await store.close();
    }
  } catch (error) {
    return { part, status: "failed", detail: messageOf(error), remedy };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/**
 * Looks for a Chromium, which only the browser tests need.
 *
 * @param where `named` is a path to take as it is, `path` the folders to search, as PATH has them.
 */
export function checkChromium(where: { readonly named?: string | undefined; readonly path: string }): Check {
  const part = "Chromium";
  if (where.named) {
    return existsSync(where.named)
      ? { part, status: "ok", detail: `${where.named}, for the browser tests` }
      : { part, status: "failed", detail: `FCDL_CHROMIUM names ${where.named}, which is not there` };
  }
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    for (const folder of [...where.path.split(delimiter), "/usr/bin"]) {
      const path = join(folder, name);
      if (folder !== "" && existsSync(path)) return { part, status: "ok", detail: `${path}, for the browser tests` };
    }
  }
  return {
    part,
    status: "no",
    detail: "not found; only the browser tests need it",
    remedy: "sh tests/e2e/install_chromium.sh",
  };
}
