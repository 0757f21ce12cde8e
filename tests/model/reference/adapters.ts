import { fcdl, ncd, oracle } from "./masked_adapters.ts";
import { cdl } from "./cdl_adapter.ts";
import { gnn, nps } from "./network_adapters.ts";
import { type ReferenceFile, reshaped, type Stored, transposed } from "./vectors.ts";

/** How a published program's file maps onto a method here. */
export interface Adapter {
  /** Method id in the registry. */
  readonly method: string;
  /** Method options with the file's sizes. */
  options(config: ReferenceFile["config"]): Record<string, unknown>;
  /** Weights, gradients or statistics under this project's names and layouts; names absent in `tensors` stay absent. */
  tensors(tensors: Readonly<Record<string, Stored>>): Record<string, Stored>;
  /** Names of recorded draws by kind, in the order this project asks for them. */
  readonly noise: Readonly<Record<string, string>>;
  /** This project's loss name by the program's. */
  readonly losses: Readonly<Record<string, string>>;
  /** Statistics that a file leaves at their start values. */
  startStatistics?(config: ReferenceFile["config"]): Record<string, Stored>;
}

const mlp: Adapter = {
  method: "mlp",
  options: (config) => ({ hidden: config.mlp_params.fc_dims }),
  tensors(tensors) {
    const result: Record<string, Stored> = {};
    const layers = Object.keys(tensors).filter((name) => name.endsWith(".weight"));
    layers.forEach((weight, k) => {
      result[`layer.${k}.weight`] = transposed(tensors[weight]!);
      const bias = tensors[weight.replace(/weight$/, "bias")]!;
      result[`layer.${k}.bias`] = reshaped(bias, bias.shape);
    });
    return result;
  },
  noise: { state_gumbel: "gumbel" },
  losses: { pred_loss: "prediction", grad_norm: "gradient_norm" },
};

/** Adapters by a file's `algorithm`. */
export const adapters: Readonly<Record<string, Adapter>> = { ours: fcdl, ncd, oracle, mlp, gnn, nps, cdl };
