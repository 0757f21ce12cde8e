/**
 * What a method that learns no graph stands for in a comparison: the least that a learned graph has to beat, the best
 * that one could give, or a further mark beside these.
 */
export type ControlRole = "lower" | "upper" | "beside";
