import type { Adapter } from "./adapters.ts";
import { joined, type ReferenceFile, type Stored } from "./vectors.ts";

/** `name.0`, `name.1`, … */
function numbered(tensors: Readonly<Record<string, Stored>>, name: string): Stored[] {
  const parts: Stored[] = [];
  for (let i = 0; `${name}.${i}` in tensors; i++) parts.push(tensors[`${name}.${i}`]!);
  return parts;
}

/** Tensors [target, ...] of each input as one [target·inputs + input, ...]. */
function byTarget(parts: readonly Stored[]): Stored {
  const [targets, ...rest] = parts[0]!.shape as [number, ...number[]];
  const size = parts[0]!.data.length / targets;
  return {
    shape: [targets * parts.length, ...rest],
    data: Array.from(
      { length: targets },
      (_, j) => parts.flatMap((part) => part.data.slice(j * size, (j + 1) * size)),
    ).flat(),
  };
}

/** CDL's file. */
export const cdl: Adapter = {
  method: "cdl",
  options(config: ReferenceFile["config"]) {
    return {
      featureWidths: config.cdl.feature_fc_dims,
      predictorWidths: config.cdl.generative_fc_dims,
      threshold: config.cdl.CMI_threshold,
      graphDecay: config.cdl.eval_tau,
      graphEvery: config.cdl.eval_freq,
    };
  },
  tensors(tensors) {
    const result: Record<string, Stored> = {};
    for (const [kind, plural] of [["weight", "weights"], ["bias", "biases"]] as const) {
      result[`feature.state.0.0.${kind}`] = byTarget(numbered(tensors, `state_feature_1st_layer_${plural}`));
      numbered(tensors, `state_feature_${plural}`).forEach((layer, k) => {
        result[`feature.state.0.${k + 1}.${kind}`] = layer;
      });
      numbered(tensors, `action_feature_${plural}`).forEach((layer, k) => {
        result[`feature.action.0.${k}.${kind}`] = layer;
      });
      numbered(tensors, `generative_${plural}`).forEach((layer, k) => result[`predictor.${k}.${kind}`] = layer);
      result[`head.0.${kind}`] = joined(numbered(tensors, `generative_last_layer_${plural}`));
    }
    return result;
  },
  noise: { dropped_input: "integer", gumbel: "gumbel" },
  losses: {
    full_pred_loss: "full",
    masked_pred_loss: "masked",
    causal_pred_loss: "causal",
    grad_norm: "gradient_norm",
  },
  startStatistics(config) {
    const { variables } = config;
    const shape = [variables, variables + 1];
    const data = Array<number>(variables * (variables + 1)).fill(config.cdl.CMI_threshold);
    return { "graph.cmi": { shape, data } };
  },
};
