// A thread of a worker process that says, every few seconds, that the process runs: its main thread may be busy with
// one long step. See watchdog.ts.
import { tellParent } from "./tell_parent.ts";
import { SIGN_OF_LIFE_MS } from "./watchdog.ts";

setInterval(() => tellParent({ kind: "alive" }), SIGN_OF_LIFE_MS);
tellParent({ kind: "alive" });
