import type * as tf from "@tensorflow/tfjs";
import { eitherOf } from "../../kernels/either_of.ts";
import type { ChainSamples, GruChainsInput, GruChainsOps, LearnedInputs } from "./contract.ts";
import { plainGruChains } from "./plain.ts";
import { gruChainsKernels } from "./wasm.ts";

const operations = eitherOf<GruChainsOps>({ plain: plainGruChains, wasm: gruChainsKernels });

/**
 * Hidden states after each unit has read its variables, cell by cell as `gruCell`. Differentiable in tables, weights and,
 * through Jacobians, the one-hots. With own kernels, samples that agree in what a unit has read so far share its
 * computation.
 *
 * @param learned Null where no gradient is wanted by the one-hots.
 * @returns float32 [J, B, H]; the caller disposes it.
 */
export function gruChains(input: GruChainsInput, learned: LearnedInputs | null): tf.Tensor3D {
  return operations().all(input, learned);
}

/**
 * What {@link gruChains} gives for some samples of each unit. To the bit on the wasm backend's own kernels, whatever the
 * samples beside them. Not differentiable.
 *
 * @returns float32 [S, H]; the caller disposes it.
 */
export function gruChainsOfSamples(input: GruChainsInput, samples: ChainSamples): tf.Tensor2D {
  return operations().some(input, samples);
}
