import assert from "node:assert/strict";
import fc from "fast-check";
import { parseGraph } from "../../../lib/envs/chemical/graph_language.ts";
import { graphNames, namedGraph } from "../../../lib/envs/chemical/named_graphs.ts";
import { edgesOf } from "./chemical_fixtures.ts";

/** Named graphs in the benchmark's mini-language: its own spellings, and fork at 10 nodes, which it does not name. */
const spellings: Readonly<Record<string, readonly [number, string][]>> = {
  chain: [[3, "0->1->2"], [5, "0->1->2->3->4"]],
  fork: [[3, "0->{1-2}"], [10, "0->{1-9}"]],
  collider: [[3, "{0-1}->2"], [4, "{0-2}->3"], [15, "{0-13}->14"]],
  tree: [
    [9, "0->1->3->7,0->2->6,1->4,3->8,2->5"],
    [12, "0->1->3->7,0->2->6,1->4->10,3->8,4->9,2->5->11"],
    [15, "0->1->3->7,0->2->6->14,1->4->10,3->8,4->9,2->5->11,5->12,6->13"],
  ],
  jungle: [
    [3, "0->{1-2}"],
    [4, "0->1->3,0->2,0->3"],
    [7, "0->1->3,1->4,0->2->5,2->6,0->3,0->4,0->5,0->6"],
    [10, "0->1->3->7,3->8,1->4->9,0->2->5,2->6,0->3,0->4,0->5,0->6,1->7,1->8,1->9"],
  ],
  bidiag: [[3, "{0-2}->{0-2}"], [5, "{0-1}->{1-2}->{2-3}->{3-4}"]],
  full: [[3, "{0-2}->{0-2}"], [15, "{0-14}->{0-14}"]],
};

Deno.test("parseGraph reads the benchmark's spelling of each named graph as that graph", () => {
  assert.deepEqual(Object.keys(spellings).sort(), [...graphNames].sort());
  for (const [name, texts] of Object.entries(spellings)) {
    for (const [count, text] of texts) {
      assert.deepEqual(edgesOf(parseGraph(text, count)), edgesOf(parseGraph(name, count)), `${name}${count}`);
      assert.deepEqual(parseGraph(`${name}${count}`, count), parseGraph(name, count));
    }
  }
});

Deno.test("namedGraph has the edges written out by hand for five nodes", () => {
  const edges = (name: string) => edgesOf(namedGraph(name, 5)!);
  assert.deepEqual(edges("chain"), ["0->1", "1->2", "2->3", "3->4"]);
  assert.deepEqual(edges("fork"), ["0->1", "0->2", "0->3", "0->4"]);
  assert.deepEqual(edges("collider"), ["0->4", "1->4", "2->4", "3->4"]);
  assert.deepEqual(edges("tree"), ["0->1", "0->2", "1->3", "1->4"]);
  assert.deepEqual(edges("jungle"), ["0->1", "0->2", "0->3", "1->3", "0->4", "1->4"]);
  assert.deepEqual(edges("bidiag"), ["0->1", "0->2", "1->2", "1->3", "2->3", "2->4", "3->4"]);
  assert.equal(edges("full").length, 10);
});

Deno.test("namedGraph has edges from lower to higher nodes only, at every size", () => {
  for (const name of graphNames) {
    for (let count = 3; count <= 15; count++) {
      for (const edge of edgesOf(namedGraph(name, count)!)) {
        const [parent, child] = edge.split("->").map(Number);
        assert.ok(parent! < child!, `${name}${count}: ${edge}`);
      }
    }
  }
});

Deno.test("parseGraph reads chains, sets, ranges and white space", () => {
  assert.deepEqual(edgesOf(parseGraph("0->1->2", 4)), ["0->1", "1->2"]);
  assert.deepEqual(edgesOf(parseGraph("{0-2}->3", 4)), ["0->3", "1->3", "2->3"]);
  assert.deepEqual(edgesOf(parseGraph(" { 0 , 2 - 3 } -> 4 , 1 -> 4 ", 5)), ["0->4", "1->4", "2->4", "3->4"]);
  assert.deepEqual(edgesOf(parseGraph("{2-0}->3", 4)), ["0->3", "1->3", "2->3"]);
  assert.deepEqual(edgesOf(parseGraph("{1,3}->2", 4)), ["1->2"]);
  assert.deepEqual(edgesOf(parseGraph("0", 3)), []);
});

Deno.test("parseGraph returns what edges written one by one say", () => {
  const edge = fc.tuple(fc.nat(14), fc.nat(14)).filter(([a, b]) => a < b).map(([a, b]) => `${a}->${b}`);
  fc.assert(fc.property(fc.uniqueArray(edge, { minLength: 1 }), (edges) => {
    assert.deepEqual(new Set(edgesOf(parseGraph(edges.join(","), 15))), new Set(edges));
  }));
});

Deno.test("parseGraph refuses cycles, nodes out of range and unreadable text in one sentence", () => {
  const refused: [string, { name: string; message: string }][] = [
    ["0->1->2->0", {
      name: "RangeError",
      message: "Cannot read graph: 2->0 makes a cycle or runs against the order of the nodes, " +
        'expected edges from a lower to a higher node, got "0->1->2->0"',
    }],
    ["1->1", {
      name: "RangeError",
      message: "Cannot read graph: 1->1 makes a cycle or runs against the order of the nodes, " +
        'expected edges from a lower to a higher node, got "1->1"',
    }],
    ["{2-3}->{0-1}", {
      name: "RangeError",
      message: "Cannot read graph: {2,3}->{0,1} makes a cycle or runs against the order of the nodes, " +
        'expected edges from a lower to a higher node, got "{2-3}->{0-1}"',
    }],
    ["0->5", {
      name: "RangeError",
      message: 'Cannot read graph: node 5 is out of range, expected nodes 0 to 4, got "0->5"',
    }],
    ["chain4", {
      name: "RangeError",
      message: 'Cannot read graph: its name says 4 nodes, expected 5 nodes, got "chain4"',
    }],
    ["ring", {
      name: "SyntaxError",
      message: "Cannot read graph: unknown name, expected one of chain, fork, collider, tree, jungle, bidiag, full " +
        'or edges such as 0->1->2, got "ring"',
    }],
    ["toString", {
      name: "SyntaxError",
      message: 'Cannot read graph: unexpected text at "t", expected a node or a set, got "toString"',
    }],
    ["0->", {
      name: "SyntaxError",
      message: 'Cannot read graph: unexpected text at its end, expected a node or a set, got "0->"',
    }],
    ["", {
      name: "SyntaxError",
      message: 'Cannot read graph: unexpected text at its end, expected a node or a set, got ""',
    }],
    ["{0-2->3", {
      name: "SyntaxError",
      message: 'Cannot read graph: unexpected text at "->", expected "}", got "{0-2->3"',
    }],
    ["0->1;2", {
      name: "SyntaxError",
      message: 'Cannot read graph: unexpected text at ";", expected "->" or ",", got "0->1;2"',
    }],
    ["0->99999", {
      name: "SyntaxError",
      message: 'Cannot read graph: unexpected text at "99999", expected a node or a set, got "0->99999"',
    }],
  ];
  for (const [text, error] of refused) assert.throws(() => parseGraph(text, 5), error, text);
});

Deno.test("parseGraph throws a SyntaxError or RangeError for any other text, and nothing else", () => {
  const text = fc.string({ unit: fc.constantFrom("0", "1", "4", "{", "}", "-", ">", "->", ",", " ", "a") });
  fc.assert(fc.property(text, (graph) => {
    try {
      assert.equal(parseGraph(graph, 5).length, 25);
    } catch (error) {
      assert.ok(error instanceof SyntaxError || error instanceof RangeError, String(error));
      assert.match(error.message, /^Cannot read graph: .*, expected .*, got ".*"$/);
    }
  }));
});
