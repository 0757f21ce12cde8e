import { differencesOf } from "../../lib/core/difference.ts";
import { type SetRun, settingsParts } from "../../lib/core/settings.ts";
import type { NoteBlock } from "../blocks.ts";
import { compareNatural } from "../metric_info.ts";

/** Settings that a note lists at most. */
const MOST_LISTED = 12;

/**
 * A warning where runs of one suite were made with different settings, as an older version allowed: their numbers are
 * not of one experiment. Null where all agree; a run whose settings cannot be read is left out.
 */
export function mixedSettingsNote(runs: readonly SetRun[]): NoteBlock | null {
  const values = new Map<string, Set<string>>();
  const firsts = new Map<string, { readonly text: string; readonly settings: unknown }>();
  for (const run of runs) {
    if (run.spec === null) continue;
    for (const { key, settings } of settingsParts(run)) {
      const text = JSON.stringify(settings);
      const first = firsts.get(key);
      if (!first) firsts.set(key, { text, settings });
      else if (first.text !== text) {
        for (const { path, here, there } of differencesOf(first.settings, settings)) {
          const name = [...(key === "suite" ? [] : [`${key}:`]), path.join(".")].join(" ");
          const known = values.get(name) ?? new Set();
          values.set(name, known.add(shown(here)).add(shown(there)));
        }
      }
    }
  }
  if (values.size === 0) return null;
  const lines = [...values].map(([name, texts]) => `${name}: ${[...texts].sort(compareNatural).join(" or ")}`);
  return {
    kind: "note",
    id: "mixed-settings",
    tone: "error",
    title: "Runs of different experiments under one name",
    lines: [
      "Runs of this suite were made with different settings, listed below: means over them, and comparisons of methods " +
      "made with different ones, say nothing. Keep each in a suite of its own name, or in a results folder of its own.",
      ...lines.slice(0, MOST_LISTED),
      ...(lines.length > MOST_LISTED ? [`and ${lines.length - MOST_LISTED} more`] : []),
    ],
  };
}

function shown(value: unknown): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
