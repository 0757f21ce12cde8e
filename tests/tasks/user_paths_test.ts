import { equal, throws } from "node:assert/strict";
import { resolve } from "node:path";
import { resultsFolder, storeFile, storeLocation } from "../../tasks/results_folder.ts";
import { shownPath, userFolder, userLibrary, userPath } from "../../tasks/user_paths.ts";

Deno.test("userFolder is where deno task was started, npx too, and not where another runner was", () => {
  const folder = resolve("/project");
  const started = resolve("/project/sub folder");
  equal(userFolder({ folder, started, agent: "deno/2.9.6 npm/? deno/2.9.6 linux x64" }), started);
  equal(userFolder({ folder, started, agent: "npm/11.0.0 node/v24 linux x64" }), folder);
  equal(userFolder({ folder, started, agent: undefined }), folder);
  equal(userFolder({ folder, started: undefined, agent: "deno/2.9.6" }), folder);
});

Deno.test("userPath takes any name as a path from where the user stands, but for none", () => {
  const from = resolve("/home/me");
  for (const name of ["runs-2026-11-25T10:00", "sqlite:x", "postgres:", "file:x", "a b", "50%", "é", "..x", "-x"]) {
    equal(userPath(name, { flag: "--out", from }), resolve(from, name), name);
  }
  equal(userPath("../other", { flag: "--out", from }), resolve("/home/other"));
  equal(userPath("/abs", { flag: "--out", from }), resolve("/abs"));
  throws(() => userPath("", { flag: "--out", from }), {
    name: "RangeError",
    message: 'Cannot read the command line: --out is not allowed, expected a path (. for this folder), got ""',
  });
});

Deno.test("shownPath is short below the user and whole elsewhere", () => {
  const from = resolve("/home/me");
  equal(shownPath(resolve("/home/me/results/a.csv"), from), resolve("results/a.csv").slice(resolve(".").length + 1));
  equal(shownPath(resolve("/home/me"), from), ".");
  equal(shownPath(resolve("/home/other"), from), resolve("/home/other"));
});

Deno.test("a store of a results folder is a file, whatever the folder's name; FCDL_STORE may be an address", () => {
  const folder = resultsFolder("sqlite:x");
  equal(folder, resolve(userFolder(), "sqlite:x"));
  equal(storeLocation(undefined, folder), storeFile(folder));
  equal(storeLocation("", folder), storeFile(folder));
  equal(storeLocation("a:b/store.sqlite", folder), resolve(userFolder(), "a:b/store.sqlite"));
  equal(storeLocation("sqlite:a.sqlite", folder), resolve(userFolder(), "a.sqlite"));
  equal(storeLocation("postgres://host/db", folder), "postgres://host/db");
});

Deno.test("userLibrary leaves names to the linker and takes files from where the user stands", () => {
  equal(userLibrary("libopenblas.so.0"), "libopenblas.so.0");
  equal(userLibrary("auto"), "auto");
  equal(userLibrary("./libmine.so"), resolve(userFolder(), "libmine.so"));
});
