import type { ExecutionRequest } from "../../lib/bench/choose_execution.ts";

/** What bench asks for by itself, of a code and an engine that there are not. */
export function requestOf(fields: Partial<ExecutionRequest> = {}): ExecutionRequest {
  return {
    choice: "same",
    settings: "settings",
    code: { version: "1.0.0+aaa", hash: "a" },
    engineFor: () => ({ backend: "wasm", library: { tfjs: "4" } }),
    machine: { cpu: "test" },
    trigger: "command line",
    now: () => Date.UTC(2026, 10, 25, 20, 15, 30),
    ...fields,
  };
}
