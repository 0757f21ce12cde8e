import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expandSuite, type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { readSuite } from "../../lib/bench/read_suite.ts";

const cases = fileURLToPath(new URL("../cases/", import.meta.url));

async function runsOf(path: string): Promise<readonly PlannedRun[]> {
  const { suite, source } = await readSuite(path, { resolve: (name) => join(cases, name) });
  return await expandSuite(suite, { source });
}

const base = {
  name: "mine",
  title: "Mine",
  environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [2] }],
  methods: [{ id: "mlp", hidden: [8] }],
  seeds: [1],
};

/** Reads `text` as a suite file; the name in messages is mine.json. */
async function runsOfText(text: string | Uint8Array): Promise<readonly PlannedRun[]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "mine.json");
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    const { suite, source } = await readSuite("mine.json", { resolve: () => path });
    return await expandSuite(suite, { source });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(text: string | Uint8Array, sentence: string | RegExp): Promise<void> {
  await rejects(runsOfText(text), (error: Error) => {
    if (typeof sentence === "string") equal(error.message, sentence);
    else match(error.message, sentence);
    // deno-lint-ignore no-control-regex -- None may reach a terminal.
    ok(!/[\u0000-\u001f\u007f-\u009f\u202e]/.test(error.message), error.message);
    return true;
  });
}

function withMethods(...labels: string[]): string {
  return JSON.stringify({ ...base, methods: labels.map((label) => ({ id: "mlp", hidden: [8], label })) });
}

Deno.test("a suite file with a key twice is refused with line and column", async () => {
  await rejects(runsOf("dup.json"), {
    message: "Cannot read suite dup.json, line 48, column 2: the key stands twice, expected each key once, " +
      'got "seeds" as in line 25',
  });
});

Deno.test("a byte order mark is read as if it were not there, and UTF-16 by its mark", async () => {
  deepEqual((await runsOf("bom.json")).map(({ suite }) => suite), ["mine"]);
  const text = `\ufeff${JSON.stringify(base)}`;
  const [plain] = await runsOfText(JSON.stringify(base));
  for (const isLittle of [true, false]) {
    const view = new DataView(new ArrayBuffer(2 * text.length));
    for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), isLittle);
    deepEqual(await runsOfText(new Uint8Array(view.buffer)), [plain]);
  }
});

Deno.test("a suite file that is no text is refused with the place of the first wrong byte", async () => {
  const bytes = new TextEncoder().encode('{\n "name": "m\u00e9?ne"}');
  bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
  await refused(
    bytes,
    "Cannot read suite mine.json, line 2, column 13: not a text, expected UTF-8, got bytes that are none",
  );
  await refused(new Uint8Array([0xff, 0xfe, 0x7b]), /^Cannot read suite mine\.json: not a text, expected UTF-16LE/);
});

Deno.test("a suite file that is no file, or too large, is refused", async () => {
  await refused(JSON.stringify(base) + " ".repeat(2 ** 20), /: too large, expected at most 1048576 bytes, got more$/);
  const folder = await Deno.makeTempDir();
  try {
    const path = (name: string) => join(folder, name);
    await Deno.mkdir(path("folder.json"));
    await Deno.symlink("nowhere.json", path("dangling.json"));
    await Deno.symlink("b.json", path("a.json"));
    await Deno.symlink("a.json", path("b.json"));
    const read = (name: string) => readSuite(name, { resolve: path });
    await rejects(read("folder.json"), /^RangeError: Cannot read suite folder\.json: it is a folder, .* got a folder$/);
    await rejects(read("dangling.json"), /: there is no such file, expected a JSON file, got none$/);
    await rejects(read("a.json"), /: its symbolic links lead round in a circle, expected a JSON file, got none$/);
    await rejects(read("none.json"), /: there is no such file, expected a JSON file, got none$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what is wrong in a suite file is named with line, column, rule and value", async () => {
  const lines = (change: object) => JSON.stringify({ ...base, ...change }, null, 1);
  await refused(
    lines({ training: { learningRate: -1 } }),
    "Cannot read suite mine.json, line 26, column 19: training.learningRate is not allowed, " +
      "expected number to be >0, got -1",
  );
  await refused(
    lines({ training: {} }).replace("{}", '{ "learningRate": 1e999 }'),
    /^Cannot read suite mine\.json, line 25, column \d+: the number is out of range, expected .*, got 1e999$/,
  );
  await refused(
    lines({ evaluation: { loops: 3 } }),
    /^Cannot read suite mine\.json, line 26, column 3: evaluation\.loops is not a field, expected one of everyLoops/,
  );
  await refused(
    lines({ methods: [{ id: "mlp", hidden: [8, 0] }] }),
    "Cannot use methods.0 of suite mine.json, line 19, column 5: Cannot read method: hidden.1 is not allowed, " +
      "expected number to be >0, got 0",
  );
  await refused(
    lines({ methods: [{ id: "mlp" }, { id: "mpl" }] }),
    /^Cannot use methods\.1 of suite mine\.json, line 19, column 10: Cannot find method "mpl": unknown name, expected/,
  );
  await refused(
    lines({ environments: [{ id: "chemical", toString: 1 }] }),
    /^Cannot use environments\.0 of suite mine\.json, line 7, column 4: .* toString is not a field, expected one of/,
  );
  await refused(lines({ name: "smoke" }), /, line 2, column 10: name is a built-in suite's, expected another name/);
  await refused(lines({ name: "007" }), /, line 2, column 10: name is not allowed, expected a name that no reader/);
  await refused(
    lines({ title: "a\u001b[2Jb" }),
    /, line 3, column 11: title is not allowed, expected one line of char/,
  );
});

Deno.test("a suite cannot name more seeds or runs than can be listed, however they are written", async () => {
  const ranges = Array.from({ length: 20 }, (_, i) => `${i * 10_000}-${i * 10_000 + 9_999}`).join(",");
  const startMs = performance.now();
  await refused(
    JSON.stringify({ ...base, seeds: ranges }),
    /seeds is not allowed, expected at most 10000 seeds, got "0/,
  );
  await refused(
    JSON.stringify({ ...base, seeds: Array.from({ length: 10_001 }, (_, i) => i) }),
    /seeds is not allowed, expected at most 10000 seeds, got \[0,/,
  );
  const methods = Array.from({ length: 11 }, (_, i) => ({ id: "mlp", hidden: [8], label: `mlp ${i}x` }));
  await refused(
    JSON.stringify({ ...base, methods, seeds: "1-10000" }),
    /^Cannot use suite mine\.json: too many runs, expected at most 100000, got 110000 \(10000 seeds, 1 env/,
  );
  // It took 23 s before the stack overflowed.
  ok(performance.now() - startMs < 5_000);
});

Deno.test("labels that are another method's name are refused, whatever their case or alphabet", async () => {
  await rejects(runsOf("mislabel.json"), {
    message: "Cannot use methods.0 of suite mislabel.json, line 22, column 13: label is another method's name, " +
      'expected one that cannot be taken for fcdl, got "fcdl" for mlp',
  });
  for (const label of ["FCDL", "FCDL k-means", "Oracle", "ncd", "F-CDL", "f\u0441dl"]) {
    await refused(withMethods(label), /label is another method's name/);
  }
  // Its own name, and longer ones, say what it is.
  equal((await runsOfText(withMethods("MLP")))[0]!.method, "MLP");
  equal((await runsOf("longnames.json")).length, 3);
});

Deno.test("each label of labels.json is taken or refused by the one rule", async () => {
  const { methods } = JSON.parse(await Deno.readTextFile(join(cases, "labels.json")));
  const taken: string[] = [];
  for (const { label } of methods as { readonly label: string }[]) {
    try {
      taken.push((await runsOfText(withMethods(label)))[0]!.method);
    } catch (error) {
      match(
        (error as Error).message,
        /^Cannot read suite mine\.json, line 1, column \d+: methods\.0\.label is not allowed/,
      );
    }
  }
  deepEqual(taken, [
    "quote \" and '",
    "\u00e9",
    "\u00e9",
    "<script>alert(1)</script>",
    "\u6f22\u5b57\u30c6\u30b9\u30c8",
    "W".repeat(60),
    "a;b",
    "mlp|x",
  ]);
});

Deno.test("labels that look the same are refused as twins", async () => {
  for (const [a, b] of [["\u00e9", "e\u0301"], ["wide", "Wide"], ["wide", "\uff57\uff49\uff44\uff45"]]) {
    await refused(withMethods(a!, b!), /^Cannot use methods\.1 of suite mine\.json, line 1, .* results of two entries/);
  }
  equal((await runsOfText(withMethods("wide", "wider"))).length, 2);
});

Deno.test("line breaks in labels are refused, wide characters are not", async () => {
  await rejects(runsOf("nl.json"), /line 1, column 167: methods\.0\.label .* got "two\\nlines"$/);
  equal(
    (await runsOf("wide.json"))[0]!.method,
    "\u6f22\u5b57\u306e\u540d\u524d\u3092\u6301\u3064\u624b\u6cd5\u306e\u5b9f\u9a13\u305d\u306e\u4e00",
  );
});

Deno.test("names of inherited properties are labels like any other", async () => {
  const labels = ["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"];
  deepEqual((await runsOfText(withMethods(...labels))).map(({ method }) => method), labels);
});
