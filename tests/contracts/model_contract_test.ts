import type { MethodEntry } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { modelContract } from "./model_contract.ts";

// One line and one file make a method: the toy method passes the same contract as the registered ones.
const withToy: readonly MethodEntry[] = [
  ...methods,
  { id: "toy", label: "Toy", load: async () => (await import("./toy_method.ts")).toy },
];

for (const entry of withToy) await modelContract(entry);
