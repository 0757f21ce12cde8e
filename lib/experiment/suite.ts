import { z } from "zod";
import type { Source } from "../core/json_text.ts";
import { isSeen, labelRule, labelSchema, LONGEST_LABEL } from "../core/label.ts";
import { parseWith } from "../core/parse.ts";
import { evaluationSchema, observationSchema, plannerSchema, trainingSchema } from "./run_spec.ts";
import { LARGEST_SEED, MOST_SEEDS, parseSeeds } from "./seeds.ts";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected lower-case letters, digits and dashes");

const suiteName = id.max(LONGEST_LABEL).superRefine((name, context) => {
  const rule = labelRule(name);
  if (rule !== null) context.addIssue({ code: "custom", message: `expected ${rule}` });
});

const title = z.string().min(1).max(120).refine(isSeen, { error: "expected one line of characters that can be seen" });

// The pattern is for editors: the rule says more, in words.
const label = labelSchema.max(LONGEST_LABEL).meta({ pattern: "^[^,]+$" });

const tooManySeeds = `expected at most ${MOST_SEEDS} seeds`;

const seedList = z.array(z.int().min(0).max(LARGEST_SEED)).min(1).max(MOST_SEEDS, tooManySeeds)
  .refine((seeds) => new Set(seeds).size === seeds.length, { error: "expected different seeds" });

const seedText = z.string().superRefine((text, context) => {
  try {
    parseSeeds(text);
  } catch (error) {
    const isMany = /too many/.test((error as Error).message);
    context.addIssue({
      code: "custom",
      message: isMany ? tooManySeeds : "expected seeds such as 1-8 or 1,3,5, each once",
    });
  }
}).describe("Numbers and ranges, such as 1-8 or 1,3,5-7");

/** A suite as a file holds it: environments x methods x seeds under one planner, training and evaluation. */
export const suiteSchema = z.strictObject({
  $schema: z.string().optional().describe("Where an editor finds this schema"),
  name: suiteName.describe("Identity of the suite; results are kept under it"),
  title: title.describe("What bench calls it"),
  description: z.string().max(1000).default("").describe(
    "What it measures, in a sentence or two; for readers of the file",
  ),
  notes: z.array(z.string()).default([]).describe("Remarks; not part of a run"),
  environments: z.array(z.looseObject({ id })).min(1).describe("Environments by id, each with its own options"),
  methods: z.array(
    z.looseObject({ id, label: label.optional() }),
  ).min(1).describe("Methods by id, each with its own options; a label tells variants of one method apart"),
  variants: z.array(
    z.strictObject({
      label: id.max(40).optional().describe("Appended to the environment's name, so that variants are told apart"),
      observation: observationSchema.optional().describe("What of the state is observed; all of it when absent"),
    }),
  ).min(1).default([{}]).describe("Settings that every environment and method is run with in turn; once when absent"),
  seeds: z.union([seedList, seedText], {
    error: ({ input }) =>
      Array.isArray(input) && input.length > MOST_SEEDS
        ? tooManySeeds
        : "expected a list of different seeds, or text such as 1-8 or 1,3,5",
  })
    .describe("A list of seeds, or text such as 1-8"),
  planner: plannerSchema.prefault({}).describe("Cross-entropy method"),
  training: trainingSchema.prefault({}).describe("Training loop"),
  evaluation: evaluationSchema.prefault({}).describe("Evaluation"),
});

/** A validated suite, defaults filled; options of methods and environments are not checked yet. */
export type Suite = z.output<typeof suiteSchema>;

/**
 * Checks a suite.
 *
 * @param value What a JSON file holds.
 * @param source Names it in an error, such as "suite my_suite.json", and knows where its parts stand.
 * @example
 * ```ts
 * import { equal, throws } from "node:assert/strict";
 *
 * const suite = { name: "codes", title: "How many?", environments: [{ id: "chemical" }], methods: [{ id: "fcdl" }] };
 * equal(parseSuite({ ...suite, seeds: "1-3" }, { what: "the suite" }).training.batchSize, 256);
 * throws(() => parseSuite({ ...suite, seeds: [] }, { what: "the suite" }), RangeError);
 * ```
 *
 * @throws {RangeError} With the place, the field's path, the rule and the value.
 */
export function parseSuite(value: unknown, source: Source): Suite {
  return parseWith(suiteSchema, value, source);
}

/** The seeds of a suite, in order. */
export function seedsOf(suite: Suite): readonly number[] {
  return typeof suite.seeds === "string" ? parseSeeds(suite.seeds) : suite.seeds;
}

/** JSON Schema (2020-12) of a suite file. */
export function suiteJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(suiteSchema, { io: "input" });
  return { ...schema, title: "Suite", description: "A suite of runs for `deno task bench --suite <file>`." };
}
