import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { resolve } from "node:path";
import { benchHelp, type BenchOptions, parseBenchOptions } from "../../tasks/bench/bench_options.ts";
import { resultsFolder } from "../../tasks/results_folder.ts";

function parsed(...args: string[]): BenchOptions {
  const options = parseBenchOptions(args);
  if (options === "help") throw new Error("expected options");
  return options;
}

Deno.test("parseBenchOptions without flags runs suite quick on all cores and resumes", () => {
  const options = parsed();
  equal(options.suite, "quick");
  equal(options.out, resolve("results"));
  equal(options.backend, "auto");
  equal(options.blas, "auto");
  equal(options.fresh, false);
  equal(options.fast, true);
  equal(options.execution, "same");
  equal(options.isScheduled, false);
  equal(options.methods, null);
  ok(options.workers >= 1);
});

Deno.test("parseBenchOptions reads every flag, with a space or an equals sign", () => {
  const options = parsed(
    ...["--suite", "my.json", "--methods=fcdl, mlp", "--seeds", "1-3", "--steps=20", "--workers", "4", "--out", "o"],
    ...["--fresh", "--dry-run", "--backend=cpu", "--blas=off", "--fast=off", "--checkpoint-seconds", "5"],
  );
  deepEqual(options, {
    suite: "my.json",
    methods: ["fcdl", "mlp"],
    seeds: [1, 2, 3],
    steps: 20,
    workers: 4,
    out: resultsFolder("o"),
    fresh: true,
    execution: "same",
    isScheduled: false,
    dryRun: true,
    backend: "cpu",
    blas: "off",
    fast: false,
    checkpointEveryMs: 5000,
  });
});

Deno.test("parseBenchOptions takes what the environment says of a BLAS, unless a flag does", () => {
  const blasOf = (...args: string[]) => {
    const options = parseBenchOptions(args, { blas: "libopenblas.so.0" });
    return options === "help" ? null : options.blas;
  };
  equal(blasOf(), "libopenblas.so.0");
  equal(blasOf("--blas", "off"), "off");
});

Deno.test("parseBenchOptions names the flags when one is unknown, and the rule of a wrong value", () => {
  throws(
    () => parseBenchOptions(["--fast", "no"]),
    /^RangeError: Cannot read the command line: --fast is not allowed, expected on or off, got "no"$/,
  );
  throws(
    () => parseBenchOptions(["--sweet", "x"]),
    /^RangeError: Cannot find option "--sweet": unknown name, expected one of --suite, .*--help, got "--sweet"$/,
  );
  throws(() => parseBenchOptions(["--constructor"]), /unknown name/);
  throws(() => parseBenchOptions(["--suite"]), /^RangeError: Cannot read the command line: .*--suite/);
  throws(() => parseBenchOptions(["--fresh=yes"]), /^RangeError: Cannot read the command line: .*--fresh/);
  throws(
    () => parseBenchOptions(["--suite", "smoke", "--seeds", "-1"]),
    /^RangeError: Cannot read the command line: --seeds has no value, expected one \(--seeds=-1 .*, -1$/,
  );
  throws(() => parseBenchOptions(["smoke"]), /^RangeError: Cannot read the command line: .* got smoke$/);
  throws(() => parseBenchOptions(["--methods", "fcdl,"]), /--methods is not allowed, .* got "fcdl,"$/);
  for (const out of ["", " "]) {
    throws(
      () => parseBenchOptions(["--out", out]),
      new RegExp(`--out is not allowed, expected a path \\(\\. for this folder\\), got "${out}"$`),
    );
  }
  for (
    const pair of [["--resume", "--fresh"], ["--new", "--fresh"], ["--resume", "--new"], ["--scheduled=e1", "--new"]]
  ) {
    throws(() => parseBenchOptions(pair), /exclude each other/);
  }
  for (const text of ["0", "-1", "1.5", "x", "1e3"]) {
    throws(
      () => parseBenchOptions([`--workers=${text}`]),
      new RegExp(`--workers is not allowed, expected a whole number from 1 to 1024, got "${text}"$`),
    );
  }
});

Deno.test("benchHelp lists every flag and suite", () => {
  equal(parseBenchOptions(["--help"]), "help");
  equal(parseBenchOptions(["-h"]), "help");
  for (const word of ["--suite", "--dry-run", "--checkpoint-seconds", "chemical-chain", "Exit code"]) {
    match(benchHelp(), new RegExp(word));
  }
});
