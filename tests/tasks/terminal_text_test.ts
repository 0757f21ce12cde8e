import { deepEqual, equal, ok } from "node:assert/strict";
import { columnsOf, fitColumns, oneLine, padColumns, shellCommand } from "../../tasks/terminal_text.ts";

Deno.test("oneLine shows what a terminal would obey", () => {
  equal(oneLine("Cannot x:\n  y\r\n z\x1b"), "Cannot x: y z\\u{1b}");
});

Deno.test("columnsOf and padColumns count what a terminal draws", () => {
  deepEqual(["abc", "\u6f22\u5b57", "e\u0301", "\u{1f680}", ""].map(columnsOf), [3, 4, 1, 2, 0]);
  equal(padColumns("\u6f22", 4), "\u6f22  ");
  equal(padColumns("\u6f22", 4, { start: true }), "  \u6f22");
  equal(padColumns("\u6f22\u5b57", 3), "\u6f22\u5b57");
});

Deno.test("fitColumns never takes more columns than there are, and never half a character", () => {
  equal(fitColumns("abcdef", 4), "abcd");
  equal(fitColumns("\u6f22\u5b57\u30c6", 5), "\u6f22\u5b57");
  equal(fitColumns("ae\u0301b", 2), "ae\u0301");
  // A family of three: some terminals draw one picture, others all three.
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f466}";
  equal(fitColumns(`${family}x`, 5), "");
  equal(fitColumns(`${family}x`, 7), `${family}x`);
  // Ambiguous: one column in Europe, two in Japan.
  equal(fitColumns("\u00a7\u00a7\u00a7", 4), "\u00a7\u00a7");
  equal(fitColumns("abc", 0), "");
});

Deno.test("shellCommand: a shell reads back the words", async () => {
  equal(shellCommand(["deno", "task", "serve", "--out", "my results"]), "deno task serve --out 'my results'");
  equal(shellCommand(["--suite=a/b.json", "--seeds", "1,2-4"]), "--suite=a/b.json --seeds 1,2-4");
  if (Deno.build.os === "windows") return;
  const words = [
    "a b",
    "it's",
    "$HOME",
    "`x`",
    "a;b",
    "*",
    "~",
    "",
    '"q"',
    "a\\b",
    "!",
    "\u6f22\u5b57",
    "#c",
    "x=1",
    "--out=a b",
  ];
  const script = `for word in ${shellCommand(words)}; do printf '%s\\n' "$word"; done`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  deepEqual(new TextDecoder().decode(stdout).split("\n").slice(0, -1), words);
  ok(shellCommand([""]) === "''");
});
