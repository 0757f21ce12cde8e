import type { MethodEntry } from "./dynamics_model.ts";

/** Every method that can be named in a run spec. A new method: one file in `methods/` and one line here. */
export const methods: readonly MethodEntry[] = [
  { id: "fcdl", label: "FCDL", load: () => import("./methods/fcdl.ts") },
  { id: "fcdl-sparse", label: "FCDL sparse context", load: () => import("./methods/fcdl_sparse.ts") },
  { id: "fcdl-kmeans", label: "FCDL k-means", load: () => import("./methods/fcdl_kmeans.ts") },
  { id: "fcdl-gumbel", label: "FCDL Gumbel", load: () => import("./methods/fcdl_gumbel.ts") },
  { id: "ncd", label: "NCD", load: () => import("./methods/ncd.ts") },
  {
    id: "fixed-graph",
    label: "Fixed graph",
    controlRole: ({ graph }) => graph === "none" ? "lower" : graph === "local" ? "upper" : "beside",
    load: () => import("./methods/fixed_graph.ts"),
  },
  { id: "oracle", label: "Oracle", load: () => import("./methods/oracle.ts") },
  { id: "mlp", label: "MLP", load: () => import("./methods/mlp.ts") },
  { id: "cdl", label: "CDL", load: () => import("./methods/cdl.ts") },
  { id: "grader", label: "GRADER", load: () => import("./methods/grader.ts") },
  { id: "modular", label: "Modular", load: () => import("./methods/modular.ts") },
  { id: "gnn", label: "GNN", load: () => import("./methods/gnn.ts") },
  { id: "nps", label: "NPS", load: () => import("./methods/nps.ts") },
];
