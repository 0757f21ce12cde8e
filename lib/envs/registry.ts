import type { EnvironmentEntry } from "./environment.ts";

/** Every environment that can be named in a run spec. A new one: one folder beside this file and one line here. */
export const environments: readonly EnvironmentEntry[] = [
  { id: "chemical", label: "Chemical", load: () => import("./chemical/chemical.ts") },
  { id: "magnetic", label: "Magnetic", load: () => import("./magnetic/magnetic.ts") },
];
