import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { parseJsonText } from "../../lib/core/json_text.ts";

function value(text: string): unknown {
  return parseJsonText(text, "file").value;
}

function refused(text: string, sentence: string): void {
  throws(() => value(text), { name: "SyntaxError", message: `Cannot read file, ${sentence}` }, JSON.stringify(text));
}

Deno.test("parseJsonText reads what JSON.stringify writes", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 6 }).map((any) => JSON.stringify(any)).filter((text) => !text.includes("__proto__")),
      (text) => deepEqual(JSON.stringify(value(text)), JSON.stringify(JSON.parse(text.replaceAll("-0,", "0,")))),
    ),
  );
});

Deno.test("parseJsonText takes what JSON.parse takes, and nothing else", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b"',
    "1",
    "-",
    "0",
    ".5",
    "e3",
    "true",
    "null",
    " ",
    "\n",
    "/",
    "'",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }).map((some) => some.join("")), (text) => {
      const takes = (parse: (text: string) => unknown) => {
        try {
          return { value: parse(text) };
        } catch {
          return null;
        }
      };
      const expected = takes(JSON.parse);
      const got = takes(value);
      // Stricter only where something would be lost.
      if (expected && !got) throws(() => value(text), /the key stands twice|out of range/);
      else deepEqual(JSON.stringify(got), JSON.stringify(expected));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parseJsonText says line and column of what is not JSON", () => {
  refused('{\n  "a": x}', "line 2, column 8: not JSON, expected JSON, got x");
  refused('{\r\n"a": NaN}', "line 2, column 6: not JSON, expected a finite number, got NaN");
  refused('// why\n{"a": 1}', "line 1, column 1: not JSON, expected no comments, got /");
  refused('{"a": 1,\n}', "line 2, column 1: not JSON, expected no comma after the last entry, got }");
  refused("{'a': 1}", "line 1, column 2: not JSON, expected texts in double quotes, got '");
  refused('{"a":\u00a01}', "line 1, column 6: not JSON, expected JSON, got \\u{a0}");
  refused('{"a": [1,\n 2', "line 2, column 3: the text ends too early, expected JSON, got its end");
  refused('{"a": {', "line 1, column 8: the text ends too early, expected JSON, got its end");
  refused("[", "line 1, column 2: the text ends too early, expected JSON, got its end");
  refused(" \n", "line 1, column 1: the text ends too early, expected a JSON object, got its end");
  refused(
    '{"a": "\t"}',
    "line 1, column 8: a control character in a text, expected it as an escape, \\u0009, got it as it is",
  );
  refused(
    '{"a": "\\ud83d"}',
    'line 1, column 7: half a character in a text, expected both halves of a surrogate pair, got "\\ud83d"',
  );
});

Deno.test("parseJsonText refuses a key that stands twice, however it is written", () => {
  refused(
    '{"a": 1,\n "b": {"a": 2},\n "\\u0061": 3}',
    'line 3, column 2: the key stands twice, expected each key once, got "a" as in line 1',
  );
  refused(
    '[{"x": {"__proto__": 1}}]',
    'line 1, column 9: the key is not allowed, expected the name of a field, got "__proto__"',
  );
  deepEqual(Object.keys(value('{"constructor": 1, "toString": 2}') as object), ["constructor", "toString"]);
});

Deno.test("parseJsonText refuses numbers that would turn into others, and has one zero", () => {
  const rule = "the number is out of range, expected 0 or a size from 5e-324 to 1.7e308";
  refused('{"a": 1e999}', `line 1, column 7: ${rule}, got 1e999`);
  refused("[1,\n-1e400]", `line 2, column 1: ${rule}, got -1e400`);
  refused("[1e-400]", `line 1, column 2: ${rule}, got 1e-400`);
  refused("[1,]", "line 1, column 4: not JSON, expected no comma after the last entry, got ]");
  refused(`[${"9".repeat(400)}]`, `line 1, column 2: ${rule}, got ${"9".repeat(57)}...`);
  for (const zero of ["0", "-0", "0.00", "-0e-999", "0E9"]) equal(Object.is(value(zero), 0), true, zero);
});

Deno.test("parseJsonText refuses deep nesting by a rule and not by the stack", () => {
  deepEqual(JSON.stringify(value("[".repeat(64) + "]".repeat(64))), "[".repeat(64) + "]".repeat(64));
  refused(
    "[".repeat(1_000_000),
    "line 1, column 65: nested too deep, expected at most 64 objects and lists, got more",
  );
  deepEqual(value('"[[[[\\"[[[["'), '[[[["[[[[');
});

Deno.test("a source tells where a value, a key and what is missing stand", () => {
  const { source } = parseJsonText('{\n  "list": [\n    {"id": "x"},\n    7\n  ]\n}', "file");
  const at = (...args: Parameters<typeof source.placeOf>) => {
    const { line, column, text } = source.placeOf(...args);
    return [line, column, text];
  };
  deepEqual(at(["list", 0, "id"]), [3, 12, '"x"']);
  deepEqual(at(["list", 0, "id"], "key"), [3, 6, '"id"']);
  deepEqual(at(["list", 1]), [4, 5, "7"]);
  deepEqual(at(["list", 0, "label"]), [3, 5, '{"id": "x"}']);
  deepEqual(at(["constructor", "name"]).slice(0, 2), [1, 1]);
});
