import { loadedLibrary, smallGradient, smallProduct, useBackend } from "../../lib/tensor/mod.ts";

/** What a process of its own found when it loaded the library and computed with it. */
export interface Verification {
  readonly version: string;
  readonly usesGpu: boolean;
  /** 21 and 43. */
  readonly product: readonly number[];
  /** 32 and 72. */
  readonly gradient: readonly number[];
}

/** Why a verification is not good; null if it is. */
export function wrongIn({ usesGpu, product, gradient }: Verification, device: "cpu" | "cuda"): string | null {
  if (product.join() !== "21,43") return `it multiplies wrongly: expected 21,43, got ${product}`;
  if (gradient.join() !== "32,72") return `its gradients are wrong: expected 32,72, got ${gradient}`;
  if (device === "cuda" && !usesGpu) return "it computes on the processor: expected it to use the NVIDIA card";
  return null;
}

if (import.meta.main) {
  await useBackend("tensorflow", { tensorFlowFolder: Deno.args[0]! });
  const [product, gradient] = [await smallProduct(), await smallGradient()];
  const verification: Verification = { ...loadedLibrary()!, product: [...product], gradient: [...gradient] };
  console.log(JSON.stringify(verification));
}
