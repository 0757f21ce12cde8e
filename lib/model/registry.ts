import type { MethodEntry } from "./dynamics_model.ts";

/** Every method that can be named in a run spec. A new method: one file in `methods/` and one line here. */
export const methods: readonly MethodEntry[] = [
  { id: "fcdl", label: "FCDL", load: async () => (await import("./methods/fcdl.ts")).fcdl },
  {
    id: "fcdl-sparse",
    label: "FCDL sparse context",
    load: async () => (await import("./methods/fcdl_sparse.ts")).fcdlSparse,
  },
  { id: "fcdl-kmeans", label: "FCDL k-means", load: async () => (await import("./methods/fcdl_kmeans.ts")).fcdlKmeans },
  { id: "fcdl-gumbel", label: "FCDL Gumbel", load: async () => (await import("./methods/fcdl_gumbel.ts")).fcdlGumbel },
  { id: "ncd", label: "NCD", load: async () => (await import("./methods/ncd.ts")).ncd },
  {
    id: "fixed-graph",
    label: "Fixed graph",
    controlRole: ({ graph }) => graph === "none" ? "lower" : graph === "local" ? "upper" : "beside",
    load: async () => (await import("./methods/fixed_graph.ts")).fixedGraph,
  },
  { id: "oracle", label: "Oracle", load: async () => (await import("./methods/oracle.ts")).oracle },
  { id: "mlp", label: "MLP", load: async () => (await import("./methods/mlp.ts")).mlp },
  { id: "cdl", label: "CDL", load: async () => (await import("./methods/cdl.ts")).cdl },
  { id: "grader", label: "GRADER", load: async () => (await import("./methods/grader.ts")).grader },
  { id: "modular", label: "Modular", load: async () => (await import("./methods/modular.ts")).modular },
  { id: "gnn", label: "GNN", load: async () => (await import("./methods/gnn.ts")).gnn },
  { id: "nps", label: "NPS", load: async () => (await import("./methods/nps.ts")).nps },
];
