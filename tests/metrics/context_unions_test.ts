import { deepEqual, throws } from "node:assert/strict";
import { contextUnions } from "../../lib/metrics/context_unions.ts";

Deno.test("contextUnions gives each graph the edges of its whole context", () => {
  const truth = Uint8Array.of(...[1, 0, 0], ...[0, 0, 1], ...[0, 1, 0]);
  deepEqual(
    contextUnions(truth, { entries: 3, contexts: [1, 0, 1] }),
    Uint8Array.of(...[1, 1, 0], ...[0, 0, 1], ...[1, 1, 0]),
  );
  throws(() => contextUnions(truth, { entries: 3, contexts: [1] }), {
    name: "TypeError",
    message: "Cannot unite graphs: length of truth does not fit, expected 3, got 9",
  });
});
