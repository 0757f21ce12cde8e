import { throws } from "node:assert/strict";
import { z } from "zod";
import { parseWith } from "../../lib/core/parse.ts";

const schema = z.strictObject({
  name: z.string(),
  training: z.strictObject({ batchSize: z.int().positive().default(8) }).prefault({}),
  seeds: z.array(z.int()).default([]),
});

function message(data: unknown): RegExp | { name: string; message: string } {
  return { name: "RangeError", message: data as string };
}

Deno.test("parseWith names the path, the rule and the value of a wrong field", () => {
  throws(
    () => parseWith(schema, { name: "a", training: { batchSize: -3 } }, "spec"),
    message("Cannot read spec: training.batchSize is not allowed, expected number to be >0, got -3"),
  );
  throws(
    () => parseWith(schema, { name: "a", seeds: [1, "two"] }, "spec"),
    message('Cannot read spec: seeds.1 is not allowed, expected number, got "two"'),
  );
});

Deno.test("parseWith says that a field is missing", () => {
  throws(
    () => parseWith(schema, {}, "spec"),
    message("Cannot read spec: name is missing, expected string, got nothing"),
  );
});

Deno.test("parseWith names the fields there are when one is unknown, at any depth", () => {
  throws(
    () => parseWith(schema, { name: "a", trainng: {} }, "spec"),
    message('Cannot read spec: trainng is not a field, expected one of name, training, seeds, got "trainng"'),
  );
  throws(
    () => parseWith(schema, { name: "a", training: { batchsize: 3 } }, "spec"),
    message('Cannot read spec: training.batchsize is not a field, expected one of batchSize, got "batchsize"'),
  );
});

Deno.test("parseWith shortens long values", () => {
  throws(
    () => parseWith(schema, { name: Array(100).fill(0) }, "spec"),
    /^RangeError: Cannot read spec: name is not allowed, expected string, got \[0,.{54}\.\.\.$/,
  );
});
