import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** A process of store_worker.ts that waits for `go`. */
export function startWorker(
  mode: "open" | "claim" | "write",
  options: { readonly location: string; readonly worker: string },
) {
  const script = fileURLToPath(new URL("./store_worker.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", script, mode, options.location, options.worker],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let received = "";
  const receive = async () => {
    const { value, done } = await reader.read();
    received += value ?? "";
    return !done;
  };
  const complete = () => received.split("\n").slice(0, -1);
  const ready = (async () => {
    while (complete().length === 0 && await receive());
    assert.equal(complete()[0], "ready");
  })();
  return {
    ready,
    async go() {
      const writer = child.stdin.getWriter();
      await writer.write(Uint8Array.of(10));
      await writer.close();
    },
    /** All lines after `ready`, until the process ends or is killed. */
    async lines({ killAfter = Infinity } = {}) {
      let isKilled = false;
      while (await receive()) {
        if (!isKilled && complete().length > killAfter) {
          child.kill("SIGKILL");
          isKilled = true;
        }
      }
      await child.status;
      return complete().slice(1);
    },
  };
}
