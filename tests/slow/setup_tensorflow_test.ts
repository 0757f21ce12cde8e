import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readInstallation } from "../../lib/tensor/mod.ts";

/**
 * The CPU wheel of TensorFlow set up for real: a download of 274 MB unless SETUP_WHEELS names a folder that has it, a
 * minute of a compiler, 1.2 GB of disk.
 */
const wheels = Deno.env.get("SETUP_WHEELS");

const project = fileURLToPath(new URL("../../", import.meta.url));

/** Set-up of a folder in place of `.tensorflow`, in a process of its own. */
function start(folder: string, ...args: readonly string[]): Deno.ChildProcess {
  const script = `
    import { setupTensorFlow } from ${JSON.stringify(import.meta.resolve("../../tasks/setup_tensorflow.ts"))};
    import { thisSystem } from ${JSON.stringify(import.meta.resolve("../../tasks/setup_tensorflow/system.ts"))};
    const [folder, ...args] = Deno.args;
    Deno.exit(await setupTensorFlow(args, { system: thisSystem, folder, print: (text) => console.log(text) }));
  `;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script, folder, "--device=cpu", "--from-wheel", ...args],
    cwd: project,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Reads what a process says, until some text comes or it ends. */
async function readUntil(process: Deno.ChildProcess, text: string): Promise<string> {
  let said = "";
  for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (text !== "" && said.includes(text)) break;
  }
  return said;
}

Deno.test("setup:tensorflow: from nothing, broken off while it unpacks, to a library that computes; and away again", async () => {
  // Inside of the project, whose TensorFlow.js it uses.
  const parent = await mkdtemp(join(project, ".tensorflow-test-"));
  const folder = join(parent, "tensorflow");
  const given = wheels === undefined ? [] : [`--wheels=${wheels}`];
  try {
    const first = start(folder, ...given);
    await readUntil(first, "libtensorflow_cc.so.2");
    first.kill("SIGKILL");
    await first.status;
    assert.equal(readInstallation(folder), null);
    const second = start(folder, ...given);
    const said = await readUntil(second, "");
    assert.equal((await second.status).code, 0, said);
    assert(!said.includes("Downloading"), said);
    assert.match(said, /TensorFlow 2\.21\.0 for cpu is set up .* and computes/);
    assert.equal(readInstallation(folder)!.tensorflow, "2.21.0");
    // Small again: no wheels, no npm packages.
    assert(!existsSync(join(folder, "downloads")) && !existsSync(join(folder, "npm")));
    const third = start(folder, ...given);
    assert.match(await readUntil(third, ""), /^Found TensorFlow 2\.21\.0 for cpu; verifying it\.$/m);
    assert.equal((await third.status).code, 0);
    const last = start(folder, "--remove");
    await readUntil(last, "");
    assert.equal((await last.status).code, 0);
    assert(!existsSync(folder));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});
