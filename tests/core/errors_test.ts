import assert from "node:assert/strict";
import { messageOf, unknownName } from "../../lib/core/errors.ts";

Deno.test("unknownName lists the choices in one sentence", () => {
  const error = unknownName("method", { name: "fdcl", choices: ["fcdl", "ncd"] });
  assert.ok(error instanceof RangeError);
  assert.equal(error.message, 'Cannot find method "fdcl": unknown name, expected one of fcdl, ncd, got "fdcl"');
});

Deno.test("messageOf is the message of an error and the text of anything else", () => {
  assert.equal(messageOf(new TypeError("wrong")), "wrong");
  assert.equal(messageOf("text"), "text");
  assert.equal(messageOf(undefined), "undefined");
});
