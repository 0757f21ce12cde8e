import * as tf from "@tensorflow/tfjs";
import { type Linear, type ParameterSet, plainInit } from "../../tensor/mod.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import { applyToValues, applyToVariables, createVariableLayers } from "../variable_layers.ts";
import { headWidth, type ModelGroups, type VariableGroup } from "../variable_groups.ts";
import { applyGru, createGruStack, type GruStack, sliceGruStack } from "./gru.ts";
import type { TestedGraph } from "./tested_graph.ts";

/**
 * GRADER's model (Ding et al. 2022): one global graph, found by tests of independence, and a recurrent unit a target
 * that reads its parents. With `x_i` the value of state or action variable i,
 *
 *     e_i = relu(V_i x_i + v_i)
 *     h_j = e_j, then h_j ← GRU_j(e_i, h_j) for each other parent i of j: state variables in order, then actions
 *
 * and the logits of next variable j are `O_j relu(h_j) + o_j`.
 */
export class GraderNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly groups: ModelGroups;
  readonly graph: TestedGraph;
  /** `V_i` and `v_i`, a stack a group: the state's, then the action's. */
  readonly embeddings: readonly Linear<tf.Rank.R3>[];
  /** The N units. */
  readonly units: GruStack;
  /** `O_j` and `o_j`, a stack a group. */
  readonly heads: readonly Linear<tf.Rank.R3>[];

  /**
   * @param parameters Takes over the layers, then what `createGraph` adds.
   * @param options.width H, of embeddings and hidden states.
   */
  constructor(
    parameters: ParameterSet,
    options: {
      readonly groups: ModelGroups;
      readonly width: number;
      readonly createGraph: (parameters: ParameterSet) => TestedGraph;
    },
  ) {
    const { groups, width } = options;
    const embed = (kind: string, groups: readonly VariableGroup[]) =>
      createVariableLayers(parameters, {
        name: `embedding.${kind}`,
        groups,
        sizes: (group) => ({ inputs: group.width, outputs: width }),
        init: plainInit,
      });
    this.parameters = parameters;
    this.groups = groups;
    this.embeddings = [...embed("state", groups.state), ...embed("action", groups.action)];
    this.units = createGruStack(parameters, { name: "unit", stack: groups.stateCount, width });
    this.heads = createVariableLayers(parameters, {
      name: "head",
      groups: groups.state,
      sizes: (group) => ({ inputs: width, outputs: headWidth(group) }),
      init: plainInit,
    });
    this.graph = options.createGraph(parameters);
  }

  step({ state, action }: StepInput): StepOutput {
    const embedded = applyToValues([...state, ...action], this.embeddings, "relu");
    const e = (i: number) => embedded.slice([i, 0, 0], [1, -1, -1]);
    const h = this.graph.parents().map((parents, j) => {
      const unit = sliceGruStack(this.units, { first: j, count: 1 });
      return parents.reduce((hidden, i) => applyGru(unit, e(i), hidden), e(j));
    });
    return { heads: applyToVariables(tf.concat(h, 0).relu(), { groups: this.groups.state, layers: this.heads }) };
  }
}
