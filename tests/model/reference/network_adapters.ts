import { append } from "../../../lib/core/append.ts";
import type { Adapter } from "./adapters.ts";
import { joined, reshaped, type Stored, transposed } from "./vectors.ts";

type Tensors = Readonly<Record<string, Stored>>;

/** Collects what `name(0)`, `name(1)`, … hold, until one is missing. */
function numbered(tensors: Tensors, name: (index: number) => string): Stored[] {
  const parts: Stored[] = [];
  for (let i = 0; name(i) in tensors; i++) parts.push(tensors[name(i)]!);
  return parts;
}

/** Joins a stack's parts; names of which nothing is there stay absent. */
function put(result: Record<string, Stored>, name: string, parts: readonly Stored[]): void {
  if (parts.length > 0) result[name] = joined(parts);
}

/** Every graph network tensor under this project's names. */
export const gnn: Adapter = {
  method: "gnn",
  options: ({ gnn_params: gnn }) => ({
    nodeWidth: gnn.node_attr_dim,
    edgeHidden: gnn.edge_net_dims,
    edgeWidth: gnn.edge_attr_dim,
    nodeHidden: gnn.node_net_dims,
  }),
  tensors(tensors) {
    const result: Record<string, Stored> = {};
    for (const [theirs, ours] of [["embedders", "embedder"], ["projectors", "projector"]] as const) {
      const weights = numbered(tensors, (i) => `${theirs}.${i}.0.weight`).map(transposed);
      put(result, `${ours}.0.weight`, weights.map((part) => reshaped(part, [1, ...part.shape])));
      const biases = numbered(tensors, (i) => `${theirs}.${i}.0.bias`);
      put(result, `${ours}.0.bias`, biases.map((part) => reshaped(part, [1, 1, ...part.shape])));
    }
    for (const net of ["edge", "node"] as const) {
      // Odd places hold the activations.
      numbered(tensors, (k) => `${net}_net.${2 * k}.weight`).forEach((weight, k) => {
        result[`${net}.${k}.weight`] = transposed(weight);
        result[`${net}.${k}.bias`] = tensors[`${net}_net.${2 * k}.bias`]!;
      });
    }
    return result;
  },
  noise: { state_gumbel: "gumbel" },
  losses: { pred_loss: "prediction", grad_norm: "gradient_norm" },
};

/** Joins tensors [..., a] and [..., b] along their last axis. */
function joinedColumns(parts: readonly Stored[]): Stored {
  const first = parts[0]!;
  const rows = first.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const data: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const width = part.shape.at(-1)!;
      append(data, part.data.slice(row * width, (row + 1) * width));
    }
  }
  return { shape: [...first.shape.slice(0, -1), data.length / rows], data };
}

/** Neural production systems: names of single tensors, then stacks. */
const NPS_NAMES: Readonly<Record<string, string>> = {
  rule_embed: "rule.embedding",
  "rule_selector.key_weight": "rule.key.weight",
  "rule_selector.key_bias": "rule.key.bias",
  "rule_selector.query_weight": "rule.query.weight",
  "rule_selector.query_bias": "rule.query.bias",
  "cond_selector.key_weight": "context.key.weight",
  "cond_selector.key_bias": "context.key.bias",
  "cond_selector.query_weight": "context.query.weight",
  "cond_selector.query_bias": "context.query.bias",
};

/** Every tensor of neural production systems under this project's names. */
export const nps: Adapter = {
  method: "nps",
  options: ({ nps }) => ({
    rules: nps.num_rule,
    ruleWidth: nps.rule_embed_dim,
    ruleSelectorWidth: nps.rule_selector_dim,
    contextSelectorWidth: nps.cond_selector_dim,
    encoderWidths: nps.feature_fc_dims,
    ruleHidden: nps.rule_fc_dims,
  }),
  tensors(tensors) {
    const result: Record<string, Stored> = {};
    for (const [theirs, ours] of Object.entries(NPS_NAMES)) {
      const stored = tensors[theirs];
      if (stored) result[ours] = stored;
    }
    for (const [kind, plural] of [["weight", "weights"], ["bias", "biases"]] as const) {
      const [first, ...further] = numbered(tensors, (k) => `action_feature_${plural}.${k}`);
      if (first) result[`encoder.action.first.0.${kind}`] = first;
      further.forEach((layer, k) => result[`encoder.action.${k}.${kind}`] = layer);
      put(result, `encoder.state.first.0.${kind}`, numbered(tensors, (i) => `state_feature_1st_layer_${plural}.${i}`));
      numbered(tensors, (k) => `state_feature_${plural}.${k}`)
        .forEach((layer, k) => result[`encoder.state.${k}.${kind}`] = layer);
      numbered(tensors, (k) => `rule_${plural}.${k}`).forEach((layer, k) => result[`rule.${k}.${kind}`] = layer);
      const heads = numbered(tensors, (i) => `rule_last_layer_${plural}.${i}`);
      if (heads.length > 0) result[`head.0.${kind}`] = joinedColumns(heads);
    }
    return result;
  },
  noise: { gumbel: "gumbel" },
  losses: { pred_loss: "prediction", grad_norm: "gradient_norm" },
};
