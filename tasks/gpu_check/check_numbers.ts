import { type AskEngine, differenceOf, type EngineAnswer, plainly } from "../../lib/bench/mod.ts";
import { type CheckRow, row } from "./check_row.ts";
import { paperSpec } from "./check_speed.ts";

/**
 * Whether a backend computes what another does and the same thing twice, and on a card what TF32 changes and gains.
 *
 * @param options.reference The backend that tells what is right: `cpu`, which is slow, or one that was checked.
 */
export async function checkNumbers(
  method: string,
  { engine, reference, usesGpu, ask }: {
    readonly engine: string;
    readonly reference: string;
    readonly usesGpu: boolean;
    readonly ask: AskEngine;
  },
): Promise<readonly CheckRow[]> {
  const spec = paperSpec(method);
  const losses = (of: string, what = spec) => ask({ engine: of, spec: what, blas: null, what: "losses" });
  const [right, first, second] = [await losses(reference, plainly(spec)), await losses(engine), await losses(engine)];
  const part = { section: "numbers", engine, item: method };
  const rows = [
    row({ ...part, metric: `as on ${reference}`, ...verdictOf(first, right) }),
    row({
      ...part,
      metric: "same bits twice",
      ...(first.kind === "losses" && second.kind === "losses"
        ? { value: JSON.stringify(first.losses) === JSON.stringify(second.losses) ? "yes" : "no" }
        : { note: textOf(first.kind === "losses" ? second : first) }),
    }),
  ];
  if (!usesGpu) return rows;
  const environment = { NVIDIA_TF32_OVERRIDE: "1" };
  const coarse = await ask({ engine, spec, blas: null, what: "losses", environment });
  const [off, on] = [
    await ask({ engine, spec, blas: null, what: "loop" }),
    await ask({ engine, spec, blas: null, what: "loop", environment }),
  ];
  return [
    ...rows,
    row({ ...part, metric: `with TF32 as on ${reference}`, ...verdictOf(coarse, right) }),
    row({
      ...part,
      metric: "update with TF32, share of without",
      ...(off.kind === "loop" && on.kind === "loop"
        ? { value: on.times.updateMs / off.times.updateMs }
        : { note: textOf(on.kind === "loop" ? off : on) }),
    }),
  ];
}

function verdictOf(answer: EngineAnswer, right: EngineAnswer): Pick<CheckRow, "value" | "note"> {
  if (answer.kind !== "losses" || right.kind !== "losses") {
    return { value: null, note: textOf(answer.kind === "losses" ? right : answer) };
  }
  const difference = differenceOf(answer.losses, right.losses);
  return { value: difference === null ? "yes" : "no", note: difference ?? "" };
}

function textOf(answer: EngineAnswer): string {
  return answer.kind === "failed" ? `failed: ${answer.error}` : "no answer";
}
