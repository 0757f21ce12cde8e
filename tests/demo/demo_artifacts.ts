import type { Rng } from "../../lib/core/rng.ts";
import type { CodebookArtifact, GraphsArtifact } from "../../lib/records/artifacts.ts";
import type { DemoOptions } from "./demo_data.ts";

/** Artifacts `codebook` and `graphs` of a made-up FCDL run that found its contexts fairly well. */
export function demoArtifacts(
  rng: Rng,
  options: Pick<DemoOptions, "environmentOptions">,
): readonly { readonly name: string; readonly value: CodebookArtifact | GraphsArtifact }[] {
  const count = Number(options.environmentOptions.variables);
  const variables = {
    state: Array.from({ length: count }, (_, index) => `x${index}`),
    action: ["action"],
  };
  const truth = { global: fullGraph(count), local: forkGraph(count) };
  const codes = 16;
  const splits = ["train", ...(options.environmentOptions.noisyNodes as readonly number[]).map((n) => `n${n}`)];
  const serves = Array.from({ length: codes }, (_, code) => code % 3 === 0 ? "local" as const : "global" as const);
  const weights = serves.map(() => rng.uniform() < 0.5 ? 0 : rng.uniform() ** 2);
  weights[0] = 1;
  weights[1] = 1.5;
  const usage = Object.fromEntries(splits.map((split) => [
    split,
    Object.fromEntries((["global", "local"] as const).map((context) => [
      context,
      weights.map((weight, code) =>
        Math.round(1000 * weight * (serves[code] === context ? 1 : 0.06) * (split === "train" ? 1 : rng.uniform()))
      ),
    ])),
  ]));
  const inferred = Object.fromEntries(splits.map((split) => [
    split,
    {
      global: blur(truth.global, { rng, by: 0.12 }),
      local: blur(truth.local, { rng, by: split === "train" ? 0.1 : 0.22 }),
    },
  ]));
  return [
    {
      name: "codebook",
      value: {
        variables,
        codes,
        graphs: serves.map((context) => blur(truth[context], { rng, by: 0.08 })),
        usage,
        truth,
      },
    },
    {
      name: "graphs",
      value: { variables, inferred, truth: Object.fromEntries(splits.map((split) => [split, truth])) },
    },
  ];
}

function fullGraph(count: number): number[][] {
  return Array.from(
    { length: count },
    (_, row) => [...Array.from({ length: count }, (_, column) => column <= row ? 1 : 0), 1],
  );
}

function forkGraph(count: number): number[][] {
  return Array.from(
    { length: count },
    (_, row) => [...Array.from({ length: count }, (_, column) => column === row || column === 0 ? 1 : 0), 1],
  );
}

function blur(graph: readonly (readonly number[])[], { rng, by }: { readonly rng: Rng; readonly by: number }) {
  return graph.map((values, row) =>
    values.map((value, column) => {
      // Fixed entries of the triangular decoder stay fixed.
      if (column >= row) return value;
      const flipped = rng.uniform() < by * 0.5 ? 1 - value : value;
      return Number(Math.min(1, Math.max(0, flipped + by * (value > 0.5 ? -1 : 1) * rng.uniform())).toFixed(3));
    })
  );
}
