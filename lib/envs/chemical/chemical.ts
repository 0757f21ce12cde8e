import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import { Rng } from "../../core/rng.ts";
import type { Environment } from "../environment.ts";
import { chemicalEnvironment } from "./chemical_environment.ts";
import { type ChemicalDynamics, chemicalDynamics } from "./dynamics.ts";
import { directEpisodes } from "./episodes.ts";
import { parseGraph } from "./graph_language.ts";
import { indirectEpisodes } from "./indirect_episodes.ts";
import { type IndirectNodes, indirectNodes, steerableMechanisms } from "./indirect_nodes.ts";
import { MechanismBank, randomMechanism, randomMechanisms } from "./mechanisms.ts";
import { graphNames, namedGraphSize } from "./named_graphs.ts";

const { smallest, largest } = namedGraphSize;

function integer(low: number, high: number) {
  const error = `expected an integer from ${low} to ${high}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
}

function number(low: number, high: number) {
  const error = `expected a number from ${low} to ${high}`;
  return z.number({ error }).min(low, { error }).max(high, { error });
}

/** Options of Chemical; the defaults are those of Hwang et al. 2024. */
const optionsSchema = z.strictObject({
  /** What replaces the global graph while the root has colour 0. */
  rule: z.enum(["fork", "chain", "none"], { error: "expected one of fork, chain, none" }).default("fork"),
  /** The global graph: a name or text of the mini-language. */
  graph: z.string({ error: "expected a graph's name or edges such as 0->1->2" }).default("full"),
  /** N, number of nodes. */
  variables: integer(smallest, largest).default(10),
  /** c, colours of a node. */
  colors: integer(2, 100).default(5),
  /** One test split for each n: nodes 1..n are noisy. Default: those of 2, 4, 6 that leave a later node. */
  noisyNodes: z.array(integer(1, largest - 2), { error: "expected a list of integers" }).optional(),
  /** H, hidden units of a mechanism. Default: 4 a node, as in the released program. */
  mechanismWidth: integer(1, 1000).optional(),
  /** Gain of a mechanism's orthogonal weights. */
  mechanismGain: number(0, 100).default(3),
  /** A mechanism's biases are uniform in [-mechanismBias, mechanismBias). */
  mechanismBias: number(0, 100).default(0.2),
  /** Standard deviation of the factors on noisy nodes' one-hots. */
  shiftScale: number(0, 1e6).default(100),
  /** Steps of an episode. */
  episodeLength: integer(1, 10000).default(25),
  /** Random interventions between the start and the target of a training episode. */
  targetInterventions: integer(0, 10000).default(10),
  /**
   * The task whose scored nodes are reached through mechanisms only; the paper's task where it is left out. One spelling
   * for that, so that one setting has one identity.
   */
  goals: z.literal("indirect", { error: 'expected "indirect" or no such field' }).optional(),
}).superRefine(({ variables, noisyNodes = [] }, context) => {
  for (const [index, noisy] of noisyNodes.entries()) {
    const path = ["noisyNodes", index];
    if (noisy > variables - 2) {
      context.addIssue({ code: "custom", path, message: `expected at most variables - 2 = ${variables - 2}` });
    }
    if (noisyNodes.indexOf(noisy) < index) {
      context.addIssue({ code: "custom", path, message: "expected each number once" });
    }
  }
});

/** Checked options of Chemical. */
export type ChemicalOptions = Omit<z.output<typeof optionsSchema>, "noisyNodes" | "mechanismWidth" | "goals"> & {
  readonly noisyNodes: readonly number[];
  readonly mechanismWidth: number;
  readonly goals?: "indirect";
};

/**
 * Checks options and fills defaults.
 *
 * @throws {RangeError} If a field is unknown or not allowed; the sentence names it.
 */
export function parseOptions(options: unknown): ChemicalOptions {
  const parsed = parseWith(optionsSchema, options, "environment");
  checkGraph(parsed.graph, parsed.variables);
  const { goals, ...rest } = parsed;
  // The indirect task needs two clean nodes beside the root, its lever and a target.
  const largestNoisy = parsed.variables - (goals === "indirect" ? 3 : 2);
  const noisyNodes = parsed.noisyNodes ?? [2, 4, 6].filter((noisy) => noisy <= largestNoisy);
  const complete = { ...rest, noisyNodes, mechanismWidth: parsed.mechanismWidth ?? 4 * parsed.variables };
  if (goals === undefined) return complete;
  const indirect = { ...complete, goals };
  // Refuses what could not be steered.
  nodesOf(indirect);
  return indirect;
}

/** Lever and scored nodes of the indirect task. */
export function nodesOf(options: ChemicalOptions): IndirectNodes {
  return indirectNodes(parseGraph(options.graph, options.variables), options);
}

/**
 * Name of the task: `chemical-<rule>` or `chemical-indirect-<rule>`, then `-on-<graph>` if the graph is not full, then `-<N>x<c>` if that is not
 * 10x5. A graph in the mini-language is named by a hash of its edges. Other options do not show.
 */
export function taskName(options: Record<string, unknown>): string {
  const { rule, graph, variables, colors, goals } = parseOptions(options);
  const name = graphName(graph, variables);
  return `chemical-${goals === undefined ? "" : `${goals}-`}${rule}${name === "full" ? "" : `-on-${name}`}` +
    (variables === 10 && colors === 5 ? "" : `-${variables}x${colors}`);
}

/**
 * Makes the environment of a run. The mechanisms follow from the seed alone.
 *
 * @param options What {@link parseOptions} returned.
 * @param seed The run's seed.
 */
export function create(options: Record<string, unknown>, seed: number): Promise<Environment> {
  const parsed = parseOptions(options);
  const dynamics = dynamicsOf(parsed, seed);
  const episodes = parsed.goals === "indirect"
    ? indirectEpisodes(dynamics, nodesOf(parsed))
    : directEpisodes(dynamics, { interventions: parsed.targetInterventions });
  return Promise.resolve(chemicalEnvironment(dynamics, { ...parsed, episodes }));
}

/** The world of the environment that {@link create} makes. */
export function dynamicsOf(parsed: ChemicalOptions, seed: number): ChemicalDynamics {
  const sizes = { variables: parsed.variables, colors: parsed.colors, width: parsed.mechanismWidth };
  const rng = new Rng(seed).fork("mechanisms");
  const { mechanismGain: gain, mechanismBias: bias } = parsed;
  const drawn = randomMechanisms(sizes, { gain, bias, rng });
  const further = new Rng(seed).fork("steerable mechanisms");
  const mechanisms = parsed.goals === undefined ? drawn : steerableMechanisms(drawn, {
    sizes,
    nodes: nodesOf(parsed),
    draw: () => randomMechanism(sizes, { gain, bias, rng: further }),
  });
  return chemicalDynamics(new MechanismBank(mechanisms, sizes), {
    adjacency: parseGraph(parsed.graph, parsed.variables),
    rule: parsed.rule,
  });
}

/** Refuses a graph that cannot be read; the parser's sentence already names the field and the text. */
function checkGraph(graph: string, variables: number): void {
  try {
    parseGraph(graph, variables);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RangeError(error.message, { cause: error });
    throw error;
  }
}

/** A short name for a graph, the same for the same edges under one spelling kind. */
function graphName(graph: string, variables: number): string {
  const name = graph.trim().replace(/\d+$/, "");
  if (graphNames.includes(name)) return name;
  let hash = 2166136261;
  for (const edge of parseGraph(graph, variables)) hash = Math.imul(hash ^ edge, 16777619);
  return `graph${(hash >>> 0).toString(16).padStart(8, "0")}`;
}
