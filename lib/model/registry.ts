import type { MethodEntry } from "./dynamics_model.ts";

/** Every method that can be named in a run spec. A new method: one file in `methods/` and one line here. */
export const methods: readonly MethodEntry[] = [
  { id: "fcdl", label: "FCDL", load: () => import("./methods/fcdl.ts") },
  { id: "mlp", label: "MLP", load: () => import("./methods/mlp.ts") },
];
