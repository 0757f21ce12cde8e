import { equal, match, ok } from "node:assert/strict";
import { isSeen, labelLook, labelRule, labelSchema } from "../../lib/core/label.ts";
import { visible } from "../../lib/core/visible.ts";

Deno.test("labelRule takes what can be seen whole and is read as text", () => {
  const good = [
    ..."fcdl-k4|a;b|mlp|x|é|漢字の名前|λ = 0.1|<script>alert(1)</script>|\"quoted\" and 'so'|2 codes|λ|toString".split(
      "|",
    ),
    ...[
      "constructor",
      "__proto__",
      "hasOwnProperty",
      "mlp|x",
      "W".repeat(60),
      "deconv-2",
      "octree 8",
      "market-1",
      "naive",
    ],
    ...["nano", "NaN-safe", "infinite", "10x wider", "1e3 loops", "#1 idea", "(small)", "50 % hidden", "true-graph"],
  ];
  for (const label of good) equal(labelRule(label), null, label);
});

Deno.test("labelRule refuses what cannot be seen, or is seen as something else", () => {
  const unseen = [
    ..."line\nbreak|cr\rreturn|\u001b[31mred\u001b[0m|zero\u200bwidth|join\u200der|soft\u00adhyphen|no\u00a0break"
      .split("|"),
    ..."\u202ertl|mark\ufeff|a\u2028b|vs\ufe0f|filler\u3164|braille\u2800|tag\u{e0041}|nul\0|bell\u0007|c1\u0085".split(
      "|",
    ),
    ...["wide\u3000space", "private\ue000", "half\ud800", "tab\there", "del\u007f", "joiner\u034f"],
  ];
  for (const label of unseen) match(labelRule(label) ?? "", /can be seen|start or end/, JSON.stringify(label));
  for (const label of [" spaced", "spaced ", "\tTab", "\u00a0a", "a\n"]) {
    match(labelRule(label) ?? "", /no space at its start or end/, JSON.stringify(label));
  }
  match(labelRule("a  b")!, /one space at a time/);
  match(labelRule("")!, /at least one character/);
  match(labelRule("W".repeat(61))!, /at most 60 characters/);
  match(labelRule("a,b")!, /no comma/);
});

Deno.test("labelRule refuses formulas, missing values, numbers and dates", () => {
  for (const label of ["=1+1", "+plus", "-minus", "@cmd", "＝full", "＋1a", "－a", "﹣a", "−1a", "'text", "＠cmd"]) {
    match(labelRule(label) ?? "", /no formula/, label);
  }
  const missing = "NA|n/a|N/A|NaN|nan|null|NULL|None|nil|TRUE|false|T|F|#N/A|<NA>|inf|Infinity|#REF!|ＮＡ|undefined";
  for (const label of missing.split("|")) match(labelRule(label) ?? "", /missing or a truth value/, label);
  const numbers =
    "007|1e3|1E+5|0x1F|3.14|1.5|20 %|2026-11-25|1-2|12:30|1/2|½|Mar 1|MAR1|sept-2|3 May|1-jan-2026|10d2|٣|(5)|€ 5";
  for (const label of numbers.split("|")) match(labelRule(label) ?? "", /number or date/, label);
});

Deno.test("one look has one spelling", () => {
  equal(labelSchema.parse("e\u0301"), "\u00e9");
  equal(labelLook("ＦＣＤＬ"), labelLook("fcdl"));
  ok(labelLook("fcdl-a") !== labelLook("fcdl-b"));
});

Deno.test("visible writes escapes for what cannot be seen, and isSeen says where there is none", () => {
  equal(visible("a\u001b[31m\n\u200b\u00a0\u202e b"), "a\\u{1b}[31m\\n\\u{200b}\\u{a0}\\u{202e} b");
  equal(visible("é 漢字 👍"), "é 漢字 👍");
  ok(isSeen("é 漢字 👍") && !isSeen("a\nb") && !isSeen("a\u202eb"));
});
