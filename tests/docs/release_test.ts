import { equal, ok } from "node:assert/strict";

const read = (file: string) => Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url));

Deno.test("deno.json, CITATION.cff and CHANGELOG.md name one release", () => {
  const { version } = JSON.parse(read("deno.json"));
  equal(/^version: (.+)$/m.exec(read("CITATION.cff"))?.[1], version);
  equal(/^## (\S+)/m.exec(read("CHANGELOG.md"))?.[1], version);
});

Deno.test("the license is named where the citation names it", () => {
  ok(read("LICENSE").startsWith("MIT License"));
  equal(/^license: (.+)$/m.exec(read("CITATION.cff"))?.[1], "MIT");
});
