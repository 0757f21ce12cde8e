import { type ChemicalDynamics, chemicalDynamics, type LocalRule } from "../../../lib/envs/chemical/dynamics.ts";
import { parseGraph } from "../../../lib/envs/chemical/graph_language.ts";
import { type Mechanism, MechanismBank, randomMechanisms } from "../../../lib/envs/chemical/mechanisms.ts";
import { Rng } from "../../../lib/core/rng.ts";

/** A tensor of the reference files, row-major. */
interface ReferenceTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One step that the published program took. */
export interface ReferenceTransition {
  readonly colors: readonly number[];
  readonly action: number;
  readonly resampled: readonly number[];
  readonly probabilities: Readonly<Record<string, readonly number[]>>;
  readonly next_colors: readonly number[];
  readonly local_causal_graph: readonly number[];
  readonly target: readonly number[];
  readonly reward: number;
}

interface Reference {
  /** `full_fork` or `full_chain`. */
  readonly rule: string;
  readonly variables: number;
  readonly categories: number;
  readonly adjacency: ReferenceTensor;
  readonly local_adjacency: ReferenceTensor;
  readonly mechanisms: readonly Readonly<Record<string, ReferenceTensor>>[];
  readonly transitions: readonly ReferenceTransition[];
}

/** The world and the steps of a reference file; null for a file of something else. */
export function readReference(path: string) {
  const reference = JSON.parse(Deno.readTextFileSync(path)) as Reference;
  const rule = reference.rule?.endsWith("fork") ? "fork" : reference.rule?.endsWith("chain") ? "chain" : null;
  if (!rule) return null;
  const mechanisms = reference.mechanisms.map((layers): Mechanism => ({
    hiddenWeights: transposed(layers["layers.0.weight"]!),
    hiddenBias: Float32Array.from(layers["layers.0.bias"]!.data),
    outputWeights: transposed(layers["layers.1.weight"]!),
    outputBias: Float32Array.from(layers["layers.1.bias"]!.data),
  }));
  const bank = new MechanismBank(mechanisms, {
    variables: reference.variables,
    colors: reference.categories,
    width: reference.mechanisms[0]!["layers.0.bias"]!.data.length,
  });
  const adjacency = Uint8Array.from(reference.adjacency.data);
  return { rule, reference, dynamics: chemicalDynamics(bank, { adjacency, rule }) } as const;
}

/** A small world with random mechanisms. */
export function worldOf(
  graph: string,
  options: { readonly variables: number; readonly rule: LocalRule; readonly colors?: number; readonly seed?: number },
): ChemicalDynamics {
  const sizes = { variables: options.variables, colors: options.colors ?? 5, width: 40 };
  const mechanisms = randomMechanisms(sizes, { gain: 3, bias: 0.2, rng: new Rng(options.seed ?? 1) });
  return chemicalDynamics(new MechanismBank(mechanisms, sizes), {
    adjacency: parseGraph(graph, options.variables),
    rule: options.rule,
  });
}

/** Edges "parent->child" of an adjacency [N, N], in order of the children. */
export function edgesOf(adjacency: Uint8Array): string[] {
  const count = Math.sqrt(adjacency.length);
  const edges: string[] = [];
  adjacency.forEach((edge, index) => {
    if (edge) edges.push(`${index % count}->${Math.floor(index / count)}`);
  });
  return edges;
}

/** PyTorch's [out, in] as [in, out]. */
function transposed({ shape, data }: ReferenceTensor): Float32Array {
  const [rows, columns] = shape as [number, number];
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}
