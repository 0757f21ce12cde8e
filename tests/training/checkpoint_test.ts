import assert from "node:assert/strict";
import fc from "fast-check";
import { type CheckpointValue, decodeCheckpoint, encodeCheckpoint } from "../../lib/training/checkpoint.ts";

const owner = { specHash: "0123456789abcdef", codeVersion: "0.1.0+abc" };

const value: CheckpointValue = {
  loop: 12,
  name: "fcdl µ",
  flags: [true, false, null],
  odd: [NaN, Infinity, -Infinity, -0, 0.1],
  model: { "layer.0": { shape: [2, 3], data: Float32Array.of(1, NaN, -0, 1e-40, 5, 6) } },
  bytes: Uint8Array.of(1, 2, 3),
  counts: Int32Array.of(-5, 7),
  precise: Float64Array.of(Math.PI),
  empty: new Float32Array(0),
  nothing: {},
};

Deno.test("decodeCheckpoint gives back what encodeCheckpoint wrote, to the bit", () => {
  assert.deepEqual(decodeCheckpoint(encodeCheckpoint(value, owner), owner), value);
  const leaf = fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.float32Array(), fc.int32Array());
  const { tree } = fc.letrec<{ tree: CheckpointValue }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf as fc.Arbitrary<CheckpointValue>,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z./ ]{1,5}$/), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(fc.property(tree, (any) => {
    assert.deepEqual(decodeCheckpoint(encodeCheckpoint(any, owner), owner), any);
  }));
});

Deno.test("decodeCheckpoint reads bytes at any offset and its arrays are copies", () => {
  const bytes = encodeCheckpoint(value, owner);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const decoded = decodeCheckpoint(shifted.subarray(3), owner) as { counts: Int32Array };
  shifted.fill(0);
  assert.deepEqual(decoded.counts, Int32Array.of(-5, 7));
});

Deno.test("decodeCheckpoint refuses each cut and each changed byte with one sentence", () => {
  const bytes = encodeCheckpoint(value, owner);
  for (let length = 0; length < bytes.length; length += 7) {
    assert.throws(() => decodeCheckpoint(bytes.subarray(0, length), owner), {
      name: "RangeError",
      message: /^Cannot resume from the checkpoint: [^\n]*start the run afresh to go on$/,
    });
  }
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 0x10;
    assert.throws(() => decodeCheckpoint(changed, owner), { message: /^Cannot resume from the checkpoint: / }, `${at}`);
  }
});

Deno.test("decodeCheckpoint refuses another spec, release and format; another commit is fine", () => {
  const bytes = encodeCheckpoint(value, owner);
  assert.throws(() => decodeCheckpoint(bytes, { ...owner, specHash: "ffff" }), {
    message: "Cannot resume from the checkpoint: it is another run's, expected spec ffff, got spec 0123456789abcdef; " +
      "start the run afresh to go on",
  });
  assert.throws(() => decodeCheckpoint(bytes, { ...owner, codeVersion: "0.2.0+abc" }), {
    message: /it was written by another version, expected 0\.2\.0\+abc, got 0\.1\.0\+abc/,
  });
  assert.deepEqual(decodeCheckpoint(bytes, { ...owner, codeVersion: "0.1.0+def" }), value);
  const other = bytes.slice();
  new DataView(other.buffer).setUint32(8, 99, true);
  assert.throws(() => decodeCheckpoint(other, owner), { message: /expected format 1, got format 99/ });
});

Deno.test("encodeCheckpoint refuses what it could not give back", () => {
  const odd = (value: unknown) => () => encodeCheckpoint({ odd: value as CheckpointValue }, owner);
  assert.throws(odd(undefined), TypeError);
  assert.throws(odd(new Map()), TypeError);
  assert.throws(odd({ $array: 1 }), /expected no \$ at its start, got \$array/);
});
