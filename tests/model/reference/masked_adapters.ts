import { maxOf } from "../../../lib/core/extremes.ts";
import type { Adapter } from "./adapters.ts";
import { joined, type ReferenceFile, type Stored, transposed } from "./vectors.ts";

/** Collects `name.0`, `name.1`, … */
function numbered(tensors: Readonly<Record<string, Stored>>, name: string): Stored[] {
  const parts: Stored[] = [];
  for (let i = 0; `${name}.${i}` in tensors; i++) parts.push(tensors[`${name}.${i}`]!);
  return parts;
}

/** The masked predictor's weights, which FCDL, NCD and Oracle share. */
function maskedPredictor(tensors: Readonly<Record<string, Stored>>): Record<string, Stored> {
  const result: Record<string, Stored> = {};
  const put = (name: string, parts: Stored[]) => {
    if (parts.length > 0) result[name] = parts.length > 1 ? joined(parts) : parts[0]!;
  };
  for (const [kind, plural] of [["weight", "weights"], ["bias", "biases"]] as const) {
    put(`feature.state.0.${kind}`, numbered(tensors, `state_feature_1st_layer_${plural}`));
    put(`feature.action.0.${kind}`, numbered(tensors, `action_feature_${plural}`));
    const layers = [...numbered(tensors, `sa_feature_${plural}`), ...numbered(tensors, `generative_${plural}`)];
    layers.forEach((layer, k) => result[`predictor.${k}.${kind}`] = layer);
    splitLabels(result, tensors);
    put(`head.0.${kind}`, numbered(tensors, `generative_last_layer_${plural}`));
  }
  return result;
}

/** Moves the rows of appended labels out of the first layer after the mask. */
function splitLabels(result: Record<string, Stored>, tensors: Readonly<Record<string, Stored>>): void {
  const first = result["predictor.0.weight"];
  const width = tensors["state_feature_1st_layer_biases.0"]?.shape[2];
  if (!first || width === undefined) return;
  const [targets, inputs, outputs] = first.shape as [number, number, number];
  const features = (targets + 1) * width;
  if (inputs === features) return;
  const rows = (from: number, to: number): Stored => ({
    shape: [targets, to - from, outputs],
    data: Array.from(
      { length: targets },
      (_, j) => first.data.slice((j * inputs + from) * outputs, (j * inputs + to) * outputs),
    ).flat(),
  });
  result["predictor.0.weight"] = rows(0, features);
  result["predictor.label.weight"] = rows(features, inputs);
}

const NORM_PARTS = { weight: "scale", bias: "shift", running_mean: "mean", running_var: "variance" } as const;

/** FCDL's encoder, decoder and codebook. */
function codeSource(tensors: Readonly<Record<string, Stored>>): Record<string, Stored> {
  const result: Record<string, Stored> = {};
  for (const [name, stored] of Object.entries(tensors)) {
    const part = /^local_causal_model\.(encs|decs)\.(fc|bn)_(\d+|final)\.(\w+)$/.exec(name);
    if (part) {
      const [, side, layer, index, kind] = part as unknown as [string, string, string, string, string];
      const net = side === "encs" ? "encoder" : "decoder";
      if (layer === "bn") {
        const ours = NORM_PARTS[kind as keyof typeof NORM_PARTS];
        if (ours) result[`${net}.norm.${index}.${ours}`] = stored;
      } else {
        result[`${net}.${index === "final" ? "out" : index}.${kind}`] = kind === "weight" ? transposed(stored) : stored;
      }
    }
  }
  const codebook = {
    "emb.weight": "codebook.codes",
    "emb.cluster_size": "codebook.size",
    "emb.embed_avg": "codebook.sum",
  };
  for (const [theirs, ours] of Object.entries(codebook)) {
    const stored = tensors[`local_causal_model.${theirs}`];
    if (stored) result[ours] = stored.shape.length === 2 ? transposed(stored) : stored;
  }
  return result;
}

/** Widths of the predictor's layers after the mask. */
function predictorWidths(config: ReferenceFile["config"]): number[] {
  return [...config.ours_params.feature_fc_dims.slice(1), ...config.ours_params.generative_fc_dims];
}

/** FCDL, with either codebook. */
export const fcdl: Adapter = {
  method: "fcdl",
  options(config) {
    const ours = config.ours_params;
    return {
      featureWidth: ours.feature_fc_dims[0],
      predictorWidths: predictorWidths(config),
      encoderWidths: ours.vq_encode_fc_dims,
      decoderWidths: ours.vq_decode_fc_dims,
      codes: ours.codebook_size,
      codeWidth: ours.code_dim,
      sparsity: ours.reg_coef,
      commitment: ours.commit_coef,
      codebook: ours.vqvae_ema ? "ema" : "gradient",
      emaDecay: ours.ema,
      codeLabels: ours.code_labeling,
    };
  },
  tensors: (tensors) => ({ ...maskedPredictor(tensors), ...codeSource(tensors) }),
  noise: { mask_uniform: "uniform", state_gumbel: "gumbel" },
  losses: {
    pred_loss: "prediction",
    reg_loss: "sparsity",
    commit_loss: "commitment",
    vq_loss: "quantization",
    grad_norm: "gradient_norm",
  },
};

/** NCD; its auxiliary network numbers Linear, norm and activation through. */
export const ncd: Adapter = {
  method: "ncd",
  options: (config) => ({
    featureWidth: config.ours_params.feature_fc_dims[0],
    predictorWidths: predictorWidths(config),
    auxiliaryWidths: config.ours_params.ncd_fc_dims,
    sparsity: config.ours_params.reg_coef,
    codeLabels: config.ours_params.code_labeling,
  }),
  tensors: (tensors) => ({ ...maskedPredictor(tensors), ...auxiliary(tensors) }),
  noise: { mask_uniform: "uniform", state_gumbel: "gumbel" },
  losses: { pred_loss: "prediction", reg_loss: "sparsity", grad_norm: "gradient_norm" },
};

/** The oracle; its file's graph is the triangle with the action, as the nonzero gradients say. */
export const oracle: Adapter = {
  method: "oracle",
  options: (config) => ({
    featureWidth: config.ours_params.feature_fc_dims[0],
    predictorWidths: predictorWidths(config),
  }),
  tensors: maskedPredictor,
  noise: { state_gumbel: "gumbel" },
  losses: { pred_loss: "prediction", grad_norm: "gradient_norm" },
};

/** NCD's auxiliary network: place 3k holds a Linear, 3k + 1 its norm, the last place the output layer. */
function auxiliary(tensors: Readonly<Record<string, Stored>>): Record<string, Stored> {
  const result: Record<string, Stored> = {};
  const parts = Object.entries(tensors).flatMap(([name, stored]) => {
    const match = /^local_causal_model\.encs\.(\d+)\.(\w+)$/.exec(name);
    return match ? [{ place: Number(match[1]), kind: match[2]!, stored }] : [];
  });
  const last = maxOf(parts.map(({ place }) => place));
  for (const { place, kind, stored } of parts) {
    const layer = Math.floor(place / 3);
    if (place % 3 === 0) {
      result[`auxiliary.${place === last ? "out" : layer}.${kind}`] = kind === "weight" ? transposed(stored) : stored;
    } else {
      const ours = NORM_PARTS[kind as keyof typeof NORM_PARTS];
      if (ours) result[`auxiliary.norm.${layer}.${ours}`] = stored;
    }
  }
  return result;
}
