/** What assembly/batch_norm.ts exports; see there. Every number but sizes and factors is an address. */
export interface BatchNormExports {
  batchNorm(
    x: number,
    scale: number,
    shift: number,
    runningMean: number,
    runningVariance: number,
    y: number,
    normal: number,
    inverse: number,
    newMean: number,
    newVariance: number,
    rows: number,
    columns: number,
    epsilon: number,
    momentum: number,
    slope: number,
  ): void;
  batchNormGradient(
    dy: number,
    y: number,
    normal: number,
    inverse: number,
    scale: number,
    dx: number,
    scaleGradient: number,
    shiftGradient: number,
    rows: number,
    columns: number,
    slope: number,
  ): void;
}
