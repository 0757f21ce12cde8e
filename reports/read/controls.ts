import type { ControlRole } from "../../lib/core/control_role.ts";
import { methods as methodRegistry } from "../../lib/model/registry.ts";
import type { Run } from "../../lib/store/store.ts";

/** The role of a run's method among the controls; null for a method that is compared with them. */
export function controlRoleOf({ spec }: Pick<Run, "spec">): ControlRole | null {
  if (!isRecord(spec) || !isRecord(spec.method)) return null;
  const { id, ...options } = spec.method;
  return methodRegistry.find((entry) => entry.id === id)?.controlRole?.(options) ?? null;
}

/** Roles by display name of the methods of `runs` that are controls. */
export function controlsOf(runs: readonly Pick<Run, "spec" | "method">[]): ReadonlyMap<string, ControlRole> {
  return new Map(runs.flatMap((run) => {
    const role = controlRoleOf(run);
    return role === null ? [] : [[run.method, role]];
  }));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
