import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bench, exists, type Finished, runsOf, task, withFolder } from "./bench_process.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a task by the task runner itself, started in a folder. */
async function taskFrom(cwd: string, args: readonly string[]): Promise<Finished> {
  const { INIT_CWD: _, npm_config_user_agent: __, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout), errors: text(stderr) };
}

const small = ["--workers", "1", "--suite", "smoke", "--seeds", "1", "--methods", "mlp"];

Deno.test({
  name: "a results folder may lie behind symbolic links and be called anything",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const real = join(folder, "50 % [é]\u00a0漢字?#");
      await Deno.mkdir(real);
      await Deno.symlink(real, join(folder, "link"));
      const below = join(folder, "link", "runs-2026-11-25T10:00");
      const done = await bench(...small, "--out", below);
      equal(done.code, 0, done.errors);
      deepEqual((await runsOf(join(real, "runs-2026-11-25T10:00"))).map(({ status }) => status), ["done"]);
      ok(await exists(join(real, "runs-2026-11-25T10:00", "smoke", "summary.csv")));
      const exported = await task("export", "--out", below);
      equal(exported.code, 0, exported.errors);
      // The store alone lies elsewhere.
      const other = join(folder, "sqlite:x");
      await Deno.mkdir(other);
      await Deno.symlink(join(below, "store.sqlite"), join(other, "store.sqlite"));
      const more = await bench(...small, "--out", other, "--seeds=2");
      equal(more.code, 0, more.errors);
      equal((await runsOf(below)).length, 2);
      deepEqual([...Deno.readDirSync(other)].map(({ name }) => name).sort(), ["smoke", "store.sqlite"]);
    }),
});

Deno.test("a results folder that cannot be one is refused in a sentence, and nothing is written", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    const cases: [string, RegExp][] = [
      ["", /--out is not allowed, expected a path \(\. for this folder\), got ""/],
      [join(folder, "file"), /its folder cannot be made, expected .* to be a folder that can be written, got a file/],
      [join(folder, "file", "below"), /its folder cannot be made, expected .*, got a file in its path/],
    ];
    if (Deno.build.os !== "windows") {
      await Deno.symlink("nowhere", join(folder, "dangling"));
      await Deno.symlink("loop", join(folder, "loop"));
      cases.push([join(folder, "dangling"), /its folder cannot be made, expected .*, got a file, or a symbolic link/]);
      cases.push([
        join(folder, "loop"),
        /its folder cannot be made, expected .*, got (a file, or )?(a )?symbolic links? /,
      ]);
    }
    for (const [out, expected] of cases) {
      const refused = await bench(...small, "--out", out);
      equal(refused.code, 2, refused.output);
      match(refused.errors, expected);
      equal(refused.errors.trim().split("\n").length, 1);
    }
    ok(!await exists(join(root, "store.sqlite")));
    ok(!await exists(join(root, "smoke")));
  }));

Deno.test("paths are relative to the folder that the user stands in, also below the project's", () =>
  withFolder(async (folder) => {
    const docs = join(root, "tests", "e2e");
    const read = await taskFrom(docs, ["bench", "--suite", "../cases/bom.json", "--dry-run", "--out", "none:here"]);
    equal(read.code, 0, read.errors);
    match(read.output, /Smoke test \(mine\), 1 run: 1 missing/);
    const missing = await taskFrom(docs, ["bench", "--suite", "./bom.json", "--dry-run"]);
    match(missing.errors, /^Cannot read suite \.\/bom\.json: there is no such file/);
    const exported = await taskFrom(docs, ["export", "--out", "none:here"]);
    equal(exported.code, 2);
    match(exported.errors, /^Cannot open the store .*\/tests\/e2e\/none:here\/store\.sqlite: there is no such file/);
    // A folder outside of the project, whose configuration is named.
    const config = join(root, "deno.json");
    const outside = await taskFrom(folder, ["--config", config, "export", "--out", "here"]);
    ok(outside.errors.includes(`${join(await Deno.realPath(folder), "here", "store.sqlite")}: there is no such file`));
  }));
