import type { Plan } from "../../lib/bench/mod.ts";
import { visible } from "../../lib/core/visible.ts";
import { engineText, executionProgress } from "../../reports/build/execution_table.ts";

/** Which execution a plan's runs belong to, and why not to the one before, in a line. */
export function executionText({ execution, isNew, previous, changes }: Plan): string {
  const { id, code, engine } = execution;
  if (!isNew) return `Execution ${visible(id)}, code ${visible(code.version)}, ${visible(engineText(engine))}`;
  const began = `New execution ${visible(id)}, code ${visible(code.version)}, ${visible(engineText(engine))}`;
  if (!previous || changes.length === 0) return began;
  const resumed = previous.state === "complete" ? "" : "; --resume goes on with that one";
  return `${began}: ${visible(changes.join(", "))} since ${visible(previous.id)} (${
    executionProgress(previous)
  })${resumed}`;
}
