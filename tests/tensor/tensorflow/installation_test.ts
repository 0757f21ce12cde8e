import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "../../../lib/tensor/backend.ts";
import { type Installation, installationFile, readInstallation } from "../../../lib/tensor/tensorflow/installation.ts";

const installation: Installation = {
  format: 1,
  way: "wheel",
  device: "cpu",
  tensorflow: "2.21.0",
  package: "@tensorflow/tfjs-node@4.22.0",
  javascript: "tfjs-node",
  binding: "tensorflow/tfjs_binding.node",
};

async function inFolder(text: string | null, body: (folder: string) => unknown): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-installation-test-"));
  try {
    if (text !== null) await writeFile(join(folder, installationFile), text);
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("readInstallation: what set-up wrote; null for nothing; one sentence for what is damaged", async () => {
  await inFolder(JSON.stringify(installation), (folder) => assert.deepEqual(readInstallation(folder), installation));
  await inFolder(null, (folder) => assert.equal(readInstallation(folder), null));
  await inFolder(
    "{",
    (folder) => assert.throws(() => readInstallation(folder), /^RangeError: Cannot read .*installed/),
  );
  const later = JSON.stringify({ ...installation, format: 2 });
  await inFolder(later, (folder) => assert.throws(() => readInstallation(folder), /format is not allowed/));
});

Deno.test("useBackend: an installation whose files are gone says so, and what would help", () =>
  inFolder(JSON.stringify(installation), (folder) =>
    assert.rejects(
      useBackend("tensorflow", { tensorFlowFolder: folder }),
      /^RangeError: Cannot use backend "tensorflow": its library cannot be loaded .*; to make it available: run "deno task setup/,
    )));
