import { graphNames, namedGraph } from "./named_graphs.ts";

/** A link of a chain: the nodes it stands for, and whether it was written as a set. */
interface Link {
  readonly nodes: readonly number[];
  readonly isSet: boolean;
}

/**
 * Reads a graph: a name (`jungle`, or `jungle10` with its number of nodes) or text of the mini-language.
 *
 * ```
 * graph = chain {"," chain}      chain = link {"->" link}      link = node | "{" item {"," item} "}"
 * item  = node | node "-" node
 * ```
 * Each link is a parent of the next. Nodes are numbered in causal order, so an edge goes from a lower to a higher node.
 * Where a link that is a set meets another, only the pairs in that order are edges: `{0-2}->{0-2}` is the full graph of
 * three nodes.
 *
 * @param text The graph.
 * @param count N, the number of nodes.
 * @returns Row-major [N, N], 1 where the column is a parent of the row.
 * @throws {SyntaxError} If the text is neither a name nor in the language.
 * @throws {RangeError} If a node is not in 0..N-1, an edge runs against the order of the nodes (as in every cycle), or
 * a name's size is not N.
 * @see Ke et al. 2021, `parse_skeleton` (deviation: sets without one edge between them are refused).
 */
export function parseGraph(text: string, count: number): Uint8Array {
  const name = /^([a-z]+)(\d*)$/.exec(text.trim());
  if (name) return readName(text, { name: name[1]!, size: name[2]!, count });
  const adjacency = new Uint8Array(count * count);
  for (const chain of readChains(text)) {
    for (const { nodes } of chain) {
      for (const node of nodes) {
        if (node >= count) {
          throw new RangeError(
            `Cannot read graph: node ${node} is out of range, expected nodes 0 to ${count - 1}, got "${text}"`,
          );
        }
      }
    }
    for (let k = 1; k < chain.length; k++) addEdges(adjacency, { text, count, from: chain[k - 1]!, to: chain[k]! });
  }
  return adjacency;
}

function readName(
  text: string,
  options: { readonly name: string; readonly size: string; readonly count: number },
): Uint8Array {
  const adjacency = namedGraph(options.name, options.count);
  if (adjacency === undefined) {
    throw new SyntaxError(
      `Cannot read graph: unknown name, expected one of ${
        graphNames.join(", ")
      } or edges such as 0->1->2, got "${text}"`,
    );
  }
  if (options.size !== "" && Number(options.size) !== options.count) {
    throw new RangeError(
      `Cannot read graph: its name says ${options.size} nodes, expected ${options.count} nodes, got "${text}"`,
    );
  }
  return adjacency;
}

/** The chains of a text, each a list of links. */
function readChains(text: string): Link[][] {
  const tokens = text.match(/->|\d+|\S/g) ?? [];
  let position = 0;
  const chains: Link[][] = [];
  do {
    const chain = [readLink()];
    while (accept("->")) chain.push(readLink());
    chains.push(chain);
  } while (accept(","));
  if (position < tokens.length) fail('"->" or ","');
  return chains;

  function accept(token: string): boolean {
    if (tokens[position] !== token) return false;
    position++;
    return true;
  }

  function readLink(): Link {
    if (!accept("{")) return { nodes: [readNode("a node or a set")], isSet: false };
    const nodes = new Set<number>();
    do {
      const first = readNode("a node");
      const last = accept("-") ? readNode("a node") : first;
      for (let node = Math.min(first, last); node <= Math.max(first, last); node++) nodes.add(node);
    } while (accept(","));
    if (!accept("}")) fail('"}"');
    return { nodes: [...nodes], isSet: true };
  }

  function readNode(expected: string): number {
    const token = tokens[position];
    // Three digits are far out of any range already, and a longer range would fill the memory.
    if (token === undefined || !/^\d{1,3}$/.test(token)) fail(expected);
    position++;
    return Number(token);
  }

  function fail(expected: string): never {
    const place = position < tokens.length ? `at "${tokens[position]}"` : "at its end";
    throw new SyntaxError(`Cannot read graph: unexpected text ${place}, expected ${expected}, got "${text}"`);
  }
}

/** Writes the edges between two links. */
function addEdges(
  adjacency: Uint8Array,
  options: { readonly text: string; readonly count: number; readonly from: Link; readonly to: Link },
): void {
  const { text, count, from, to } = options;
  let found = false;
  for (const parent of from.nodes) {
    for (const child of to.nodes) {
      if (child > parent) {
        adjacency[child * count + parent] = 1;
        found = true;
      } else if (!from.isSet) {
        refuse(`${parent}->${child}`);
      }
    }
  }
  if (!found) refuse(`${nameOf(from)}->${nameOf(to)}`);

  function refuse(edge: string): never {
    throw new RangeError(
      `Cannot read graph: ${edge} makes a cycle or runs against the order of the nodes, ` +
        `expected edges from a lower to a higher node, got "${text}"`,
    );
  }
}

function nameOf(link: Link): string {
  return link.isSet ? `{${link.nodes.join(",")}}` : String(link.nodes[0]);
}
