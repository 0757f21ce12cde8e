import { deepEqual, ok } from "node:assert/strict";
import { basename, dirname } from "node:path";
import { type Import, importCycles, importGraph, loadedBy, sourceFiles } from "./import_graph.ts";

/** Which layers each may import; a layer may always import itself. */
const layers: Readonly<Record<string, readonly string[]>> = {
  "lib/core": [],
  "lib/records": ["lib/core"],
  "lib/tensor": ["lib/core"],
  "lib/envs": ["lib/core", "lib/tensor"],
  "lib/model": ["lib/core", "lib/tensor"],
  "lib/metrics": ["lib/core"],
  "lib/planning": ["lib/core", "lib/tensor", "lib/envs", "lib/model"],
  "lib/training": ["lib/core", "lib/records", "lib/tensor", "lib/envs", "lib/model", "lib/planning", "lib/metrics"],
  "lib/experiment": [
    ...["lib/core", "lib/records", "lib/tensor", "lib/envs", "lib/model", "lib/planning", "lib/training"],
    "lib/metrics",
  ],
  "lib/store": ["lib/core", "lib/records"],
  "lib/bench": [
    ...["lib/core", "lib/records", "lib/tensor", "lib/envs", "lib/model", "lib/planning", "lib/training"],
    ...["lib/metrics", "lib/experiment", "lib/store"],
  ],
  "lib/alerts": ["lib/core"],
  "lib/archive": ["lib/core", "lib/records", "lib/experiment", "lib/store"],
  "lib/schedule": ["lib/core", "lib/experiment"],
  "lib/speed": [
    ...["lib/core", "lib/records", "lib/tensor", "lib/envs", "lib/model", "lib/planning", "lib/experiment"],
    "lib/bench",
  ],
  "reports": ["lib/core", "lib/records", "lib/metrics"],
  "routes": ["lib/core", "lib/records", "lib/alerts", "lib/store", "reports"],
};

/** Layers of which these use nothing but types, which are erased. */
const typesOnly: Readonly<Record<string, readonly string[]>> = {
  "reports": ["lib/store", "lib/alerts"],
};

/** What any layer above `lib` may list: names and loaders, no tensors. */
const registries = ["lib/envs/registry.ts", "lib/model/registry.ts", "lib/experiment/suite_registry.ts"];

/** Who may load lazily: registries, drivers, backends, an engine that only some runs need, and bench its tensor library. */
const lazyLoaders = [
  ...registries,
  "lib/store/open_store.ts",
  "lib/tensor/backend.ts",
  "lib/envs/magnetic/magnetic.ts",
  "lib/bench/run_suite.ts",
  "lib/bench/count_parameters.ts",
];

const files = await sourceFiles(["lib", "reports", "routes", "tasks", "main.ts"]);
const graph = await importGraph(files);

function layerOf(path: string): string {
  return path.split("/").slice(0, path.startsWith("lib/") ? 2 : 1).join("/");
}

function* projectImports() {
  for (const [from, imports] of graph) {
    // The project's version is no layer's.
    for (const each of imports) if (graph.has(each.to) && each.to !== "deno.json") yield { from, ...each };
  }
}

Deno.test("the import graph holds every source file", () => {
  deepEqual(files.filter((file) => !graph.has(file)), []);
  ok([...projectImports()].length > files.length);
  // What the tests below look for can be found where it is.
  ok([...loadedBy(graph, "lib/bench/worker.ts").keys()].includes("npm:@tensorflow/tfjs"));
});

Deno.test("layers import only the layers they may", () => {
  const wrong: string[] = [];
  for (const { from, to, isTypeOnly } of projectImports()) {
    const layer = layerOf(from);
    const allowed = layers[layer];
    if (!allowed || layerOf(to) === layer || allowed.includes(layerOf(to))) continue;
    if (isTypeOnly && typesOnly[layer]?.includes(layerOf(to))) continue;
    if (registries.includes(to) && !layer.startsWith("lib/")) continue;
    wrong.push(`${from} imports ${to}`);
  }
  deepEqual(wrong, []);
});

Deno.test("TensorFlow.js is imported by the tensor layer and the models alone", () => {
  const wrong = [...graph].flatMap(([from, imports]) =>
    /^lib\/(tensor|model)\//.test(from)
      ? []
      : imports.filter(({ to }) => to.includes("@tensorflow")).map(({ to }) => `${from} imports ${to}`)
  );
  deepEqual(wrong, []);
});

Deno.test("a folder with a mod.ts is imported from outside through it alone", () => {
  const faces = files.filter((file) => basename(file) === "mod.ts");
  ok(faces.includes("lib/tensor/mod.ts"));
  const wrong = faces.flatMap((face) => {
    const folder = dirname(face);
    const isInside = (path: string) => path.startsWith(`${folder}/`);
    return [...projectImports()].filter(({ from, to }) => !isInside(from) && isInside(to) && to !== face);
  });
  deepEqual(wrong.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("importCycles finds modules that import each other, by types too", () => {
  const to = (name: string, isTypeOnly = false): Import => ({ to: name, isDynamic: false, isTypeOnly });
  const graphOf = (imports: Record<string, readonly Import[]>) => new Map(Object.entries(imports));
  deepEqual(importCycles(graphOf({ a: [to("b"), to("c")], b: [to("c")], c: [to("npm:a")] })), []);
  deepEqual(
    importCycles(
      graphOf({ a: [to("b")], b: [to("c", true)], c: [to("d"), to("a")], d: [], e: [to("e")], f: [to("a")] }),
    ),
    [["a", "b", "c"], ["e"]],
  );
});

Deno.test("no modules import each other", () => {
  deepEqual(importCycles(graph), []);
});

Deno.test("every folder of lib is a layer with rules", () => {
  deepEqual([...new Set(files.map(layerOf))].filter((layer) => layer.startsWith("lib/") && !layers[layer]), []);
});

Deno.test("nothing in lib imports routes, tasks or reports", () => {
  const wrong = [...projectImports()].filter(({ from, to }) => from.startsWith("lib/") && !to.startsWith("lib/"));
  deepEqual(wrong, []);
});

Deno.test("pages, reports and main.ts load without TensorFlow.js", () => {
  const starts = files.filter((file) => /^(routes|reports)\//.test(file) || file === "main.ts");
  const wrong = starts.flatMap((start) =>
    [...loadedBy(graph, start)].filter(([module]) => module.includes("@tensorflow")).map(([, way]) => way.join(" > "))
  );
  deepEqual(wrong, []);
});

Deno.test("registries, reading suites and the stores load without TensorFlow.js", () => {
  const starts = [...registries, "lib/experiment/suite.ts", ...files.filter((file) => file.startsWith("lib/store/"))];
  for (const start of starts) {
    deepEqual([...loadedBy(graph, start).keys()].filter((module) => module.includes("@tensorflow")), []);
  }
});

Deno.test("planners and environments see no tensor library", () => {
  const starts = files.filter((file) => /^lib\/(planning|envs|metrics|core)\//.test(file));
  for (const start of starts) {
    deepEqual([...loadedBy(graph, start).keys()].filter((module) => module.includes("@tensorflow")), [], start);
  }
});

Deno.test("only registries, drivers, backends and engines load modules lazily", () => {
  const wrong = [...graph].filter(([file, imports]) =>
    imports.some((each) => each.isDynamic) && !lazyLoaders.includes(file)
  ).map(([file]) => file);
  deepEqual(wrong, []);
});

Deno.test("files are snake_case and named after what they hold", async () => {
  const all = [...files, ...await sourceFiles(["tests"])];
  deepEqual(all.filter((file) => !/^[a-z0-9_]+\.tsx?$/.test(basename(file))), []);
  deepEqual(all.filter((file) => /^(index|utils?|helpers?|common|misc)\.tsx?$/.test(basename(file))), []);
});

Deno.test("no module of lib reads the clock of the wall or unseeded chance", async () => {
  // TensorFlow's C library takes its settings from the environment: this file writes them and reads none of ours.
  const exempt = "lib/tensor/tensorflow/library_environment.ts";
  const wrong: string[] = [];
  for (
    const file of files.filter((path) =>
      path !== exempt && /^lib\/(core|tensor|envs|model|planning|training|metrics|schedule|alerts)\//.test(path)
    )
  ) {
    const text = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
    if (/Math\.random|crypto\.getRandomValues|randomUUID|Date\.now|Deno\.env|process\.env/.test(text)) wrong.push(file);
  }
  deepEqual(wrong, []);
});

Deno.test("no call spreads a list of any length into its arguments", async () => {
  // Some ten thousand overflow the stack; minOf, maxOf and append of lib/core take any number.
  const spread =
    /(?:Math\.(?:min|max)|\.(?:push|unshift|splice)|fromCharCode)\((?:[^(){}[\]]|\([^()]*\))*?\.\.\.|Math\.(?:min|max)\.apply/;
  for (const bad of ["Math.max(...a)", "Math.min(0, f(b), ...c)", "list.push(\n  ...await d())"]) {
    ok(spread.test(bad), bad);
  }
  for (const good of ["Math.max(a, b)", "list.push({ ...a })", "list.push([...a])"]) ok(!spread.test(good), good);
  const wrong: string[] = [];
  for (
    const file of [...files, ...await sourceFiles(["tests"])].filter((each) => each !== "tests/architecture_test.ts")
  ) {
    if (spread.test(await Deno.readTextFile(new URL(`../${file}`, import.meta.url)))) wrong.push(file);
  }
  deepEqual(wrong, []);
});
