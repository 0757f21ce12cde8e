import { equal } from "node:assert/strict";
import { methodCalled } from "../../lib/experiment/method_names.ts";
import { methods } from "../../lib/model/registry.ts";

Deno.test("methodCalled finds the method that a reader takes a label for", () => {
  for (const { id, label } of methods) {
    equal(methodCalled(id), id);
    equal(methodCalled(label), id);
    equal(methodCalled(label.toUpperCase().replaceAll("-", " ")), id);
  }
  for (const label of ["FCDL", "f-c-d-l", "fcdl.", "ＦＣＤＬ", "fсdl", "𝐟𝐜𝐝𝐥", "(fcdl)"]) {
    equal(methodCalled(label), "fcdl", label);
  }
  for (const label of ["fcdl-k4", "fcdl with more", "mlp2", "not fcdl", "漢字", "toString", "constructor"]) {
    equal(methodCalled(label), null, label);
  }
});
