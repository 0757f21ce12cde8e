import { measureGemm, typicalProduct } from "./gemm_speed.ts";
import { runsOwnKernels } from "./either_of.ts";
import { findSystemBlas, openSystemBlas, type SystemBlas } from "./system_blas.ts";

/** Which library computes the large matrix products of updates. */
export interface BlasChoice {
  /** Name or path of a system BLAS; null for the own kernel. */
  readonly library: string | null;
  /** Whether a run that goes on keeps what it began with instead. */
  readonly isAutomatic: boolean;
}

/** No system BLAS, whatever a run began with. */
export const noBlas: BlasChoice = { library: null, isAutomatic: false };

/** How much faster a system BLAS has to be: less would be the noise of a busy machine. */
export const LEAST_GAIN = 1.25;

/**
 * Decides what `--blas` means here; the wasm backend is in use. `auto` takes a system BLAS where one is found, may be
 * called and is measured to be faster.
 *
 * @param setting `auto`, `off`, or the name or path of a library.
 * @throws {RangeError} If a named library cannot be used.
 */
export function chooseBlas(setting: string): BlasChoice {
  if (setting === "off") return noBlas;
  if (setting !== "auto") {
    openSystemBlas(setting).close();
    return { library: setting, isAutomatic: false };
  }
  const { blas } = runsOwnKernels() ? findSystemBlas() : { blas: null };
  if (!blas) return { library: null, isAutomatic: true };
  try {
    const { ownGflops, blasGflops } = measureGemm(typicalProduct, { blas, clock: () => performance.now() });
    const isFaster = blasGflops !== null && blasGflops > LEAST_GAIN * ownGflops;
    return { library: isFaster ? blas.library : null, isAutomatic: true };
  } finally {
    blas.close();
  }
}

/**
 * Opens the library for one run.
 *
 * @param recorded What the run began with, if it goes on: a version as {@link SystemBlas} has it, or null for none. An
 * automatic choice keeps to it, so that the run gives the numbers of an unbroken one.
 * @returns The library, which the caller closes; null for the own kernel.
 * @throws {RangeError} If the chosen library is not there.
 */
export function openChosenBlas(choice: BlasChoice, recorded?: string | null): SystemBlas | null {
  if (choice.isAutomatic && recorded === null) return null;
  if (choice.isAutomatic && recorded !== undefined && choice.library === null) {
    const { blas } = findSystemBlas();
    if (blas?.version === recorded) return blas;
    blas?.close();
    return null;
  }
  return choice.library === null ? null : openSystemBlas(choice.library);
}
