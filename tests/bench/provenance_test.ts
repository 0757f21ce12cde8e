import { equal, match, ok, throws } from "node:assert/strict";
import { hostname } from "node:os";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { changeOf } from "../../lib/bench/train_run.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../lib/training/checkpoint.ts";
import { codeVersion, commitOf, provenanceOf } from "../../lib/bench/provenance.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function files(folder: string, contents: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(contents)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
}

Deno.test("commitOf reads a branch, a packed branch, a detached head and a worktree", async () => {
  await withFolder(async (folder) => {
    await files(folder, { ".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": `${commit}\n` });
    equal(commitOf(folder), commit);
  });
  await withFolder(async (folder) => {
    await files(folder, {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/packed-refs": `# pack-refs with: peeled\n${"f".repeat(40)} refs/heads/other\n${commit} refs/heads/main\n`,
    });
    equal(commitOf(folder), commit);
  });
  await withFolder(async (folder) => {
    await files(folder, { ".git/HEAD": `${commit}\n` });
    equal(commitOf(folder), commit);
  });
  await withFolder(async (folder) => {
    await files(folder, {
      "tree/.git": `gitdir: ${join(folder, "repo/.git/worktrees/tree")}\n`,
      "repo/.git/worktrees/tree/HEAD": "ref: refs/heads/side\n",
      "repo/.git/worktrees/tree/commondir": "../..\n",
      "repo/.git/refs/heads/side": `${commit}\n`,
    });
    equal(commitOf(join(folder, "tree")), commit);
  });
});

Deno.test("commitOf is null outside a checkout and where git's files say nothing", async () => {
  await withFolder(async (folder) => {
    equal(commitOf(folder), null);
    await files(folder, { ".git/HEAD": "ref: refs/heads/unborn\n" });
    equal(commitOf(folder), null);
  });
});

Deno.test("codeVersion marks a checkout whose files are not as they were committed", async () => {
  await withFolder(async (folder) => {
    equal(codeVersion(folder), project.version);
    const git = async (...args: string[]) => {
      const who = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
      ok((await new Deno.Command("git", { args: ["-C", folder, ...who, ...args], stdout: "null" }).output()).success);
    };
    await git("init", "--quiet");
    await files(folder, { "code.ts": "1;\n" });
    await git("add", ".");
    await git("commit", "--quiet", "--no-gpg-sign", "--message", "first");
    const clean = `${project.version}+${commitOf(folder)!.slice(0, 10)}`;
    equal(codeVersion(folder), clean);
    await files(folder, { "notes.txt": "not code" });
    equal(codeVersion(folder), clean);
    await files(folder, { "code.ts": "2;\n" });
    equal(codeVersion(folder), `${clean}.dirty`);
    await git("add", ".");
    equal(codeVersion(folder), `${clean}.dirty`);
    await git("commit", "--quiet", "--no-gpg-sign", "--message", "second");
    match(codeVersion(folder), /\+[0-9a-f]{10}$/);
  });
});

Deno.test("provenanceOf says versions, backend and machine, and no host name or path", () => {
  const provenance = provenanceOf("wasm");
  equal(provenance.codeVersion, codeVersion());
  ok(provenance.codeVersion.startsWith(project.version));
  equal(provenance.backend, "wasm");
  match(provenance.versions.tfjs!, /^\d+\.\d+\.\d+$/);
  equal(provenance.versions.deno, Deno.version.deno);
  ok(Number(provenance.machine.memoryBytes) > 0);
  for (const name of ["pure-rand", "mujoco"]) match(provenance.versions[name]!, /^\d+\.\d+\.\d+$/);
  equal(provenanceOf("wasm", { kernels: "relaxed-simd" }).versions.kernels, "relaxed-simd");
  const text = JSON.stringify(provenance);
  equal(text.includes(hostname()), false);
  equal(text.includes(Deno.cwd()), false);
});

Deno.test("a run that goes on says what its numbers may depend on that is other than before", () => {
  const now = provenanceOf("wasm", { kernels: "relaxed-simd", blas: "OpenBLAS 0.3" });
  equal(changeOf(now, now), null);
  const before = (versions: Readonly<Record<string, string>>) => ({
    ...now,
    versions: { ...now.versions, ...versions },
  });
  equal(changeOf(before({ kernels: "simd" }), now), "kernels relaxed-simd after simd");
  equal(changeOf(before({ "pure-rand": "1.0.0" }), now), `random numbers ${now.versions["pure-rand"]} after 1.0.0`);
  equal(changeOf(before({ mujoco: "1.0.0" }), now), `MuJoCo ${now.versions.mujoco} after 1.0.0`);
  const { blas: _, ...noBlas } = now.versions;
  equal(changeOf({ ...now, versions: noBlas }, now), "system BLAS OpenBLAS 0.3 after none");
  equal(changeOf({ ...now, backend: "cpu" }, now), "backend wasm after cpu");
  // An earlier version did not record them.
  const { kernels: __, mujoco: ___, "pure-rand": ____, ...old } = now.versions;
  equal(changeOf({ ...now, versions: old }, now), null);
});

Deno.test("the release has moved since checkpoints of 0.1.0 were written, and they are refused", () => {
  const owner = { specHash: "0123456789abcdef", codeVersion: "0.1.0+e09d4cf0aa" };
  const bytes = encodeCheckpoint({ loop: 1 }, owner);
  throws(() => decodeCheckpoint(bytes, { ...owner, codeVersion: codeVersion() }), /written by another version/);
});
