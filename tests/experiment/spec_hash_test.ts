import assert from "node:assert/strict";
import { canonicalJson, runId, specHash } from "../../lib/experiment/spec_hash.ts";

Deno.test("canonicalJson sorts fields at every depth and keeps the order of lists", () => {
  assert.equal(
    canonicalJson({ b: [2, { d: null, c: "x" }], a: 1.5, gone: undefined }),
    '{"a":1.5,"b":[2,{"c":"x","d":null}]}',
  );
});

Deno.test("specHash is the start of SHA-256 of the canonical text, whatever the order of fields", () => {
  // printf '{"a":1,"b":2}' | sha256sum
  assert.equal(specHash({ b: 2, a: 1 }), "43258cff783fe703");
  assert.equal(specHash({ a: 1, b: 2 }), specHash({ b: 2, a: 1 }));
  assert.notEqual(specHash({ a: 1, b: 3 }), specHash({ a: 1, b: 2 }));
});

Deno.test("runId begins with a letter, so that no reader of tables takes it for a number", () => {
  assert.equal(runId({ b: 2, a: 1 }), "r43258cff783fe703");
});
