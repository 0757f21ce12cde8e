import type { Engine } from "../records/execution.ts";
import { type BlasChoice, openChosenBlas, readInstallation } from "../tensor/mod.ts";
import { tfjsVersion } from "./provenance.ts";

/** What computes in an execution, and the choice that its workers are given for it. */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly blas: BlasChoice;
}

/**
 * What this process would compute with.
 *
 * @param options.recorded The engine of an execution that is to go on: an automatic choice keeps to its library, where
 * it is still there, whatever was measured today. A measurement is no change of the engine.
 */
export function engineOf(
  choice: BlasChoice,
  { backend, recorded }: { readonly backend: string; readonly recorded?: Engine | undefined },
): ChosenEngine {
  const known = recorded?.backend === backend ? recorded.library.blas ?? null : undefined;
  const blas = openChosenBlas(choice, known);
  const tensorflow = usesTensorFlow(backend) ? readInstallation()?.tensorflow : undefined;
  const library = { tfjs: tfjsVersion, ...(tensorflow ? { tensorflow } : {}), ...(blas ? { blas: blas.version } : {}) };
  try {
    return {
      engine: { backend, library },
      blas: { library: blas?.library ?? null, isAutomatic: choice.isAutomatic },
    };
  } finally {
    blas?.close();
  }
}

/** Whether runs may be computed by TensorFlow's C library. */
function usesTensorFlow(backend: string): boolean {
  return backend === "tensorflow" || backend === "auto";
}
