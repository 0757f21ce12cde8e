// Written by `deno task kernels` from the AssemblyScript sources; not to be edited.
// deno-fmt-ignore-file
import type { Address } from "./address.ts";

/** What a compiled module exports, called by position. */
export interface KernelExports {
  adam(parameter: Address, gradient: Address, mean: Address, square: Address, out: Address, size: number, scale: number, beta1: number, oneMinusBeta1: number, beta2: number, oneMinusBeta2: number, rate: number, correction: number, epsilon: number): void;
  sumOfSquares(x: Address, size: number): number;
  batchNorm(x: Address, scale: Address, shift: Address, runningMean: Address, runningVariance: Address, y: Address, normal: Address, inverse: Address, newMean: Address, newVariance: Address, rows: number, columns: number, epsilon: number, momentum: number, slope: number): void;
  batchNormGradient(dy: Address, y: Address, normal: Address, inverse: Address, scale: Address, dx: Address, scaleGradient: Address, shiftGradient: Address, rows: number, columns: number, slope: number): void;
  biasActivate(c: Address, m: number, n: number, bias: Address, activation: number, alpha: number): void;
  gemm(a: Address, b: Address, c: Address, m: number, n: number, k: number, transposeA: boolean, transposeB: boolean, bias: Address, activation: number, alpha: number, scratch: Address): void;
  gemmScratchBytes(): number;
  addJacobian(d: Address, jacobian: Address, nodes: Address, rows: Address, firstRow: number, c: number, out: Address, count: number, width: number): void;
  addRows(source: Address, rows: Address, target: Address, count: number, width: number): void;
  copyRows(source: Address, rows: Address, out: Address, count: number, width: number): void;
  gruCells(a: Address, rows: Address, b: Address, h: Address, parents: Address, out: Address, gates: Address, count: number, width: number): void;
  gruCellsGradient(dy: Address, dy2: Address, nodes: Address, rows: Address, parents: Address, gates: Address, h: Address, dA: Address, dAOfEntry: Address, dB: Address, dH: Address, addsToParents: boolean, count: number, width: number): void;
  biasReluGradient(dy: Address, output: Address, dz: Address, biasGradient: Address, rows: number, columns: number): void;
  sumMiddle(x: Address, out: Address, outer: number, count: number, inner: number): void;
  gateRows(source: Address, sourceRows: Address, gate: Address, points: Address, out: Address, count: number, width: number): void;
  jacobianProducts(dy: Address, jacobian: Address, firstEntry: Address, columns: Address, firstRow: Address, rows: Address, out: Address, points: number, batch: number, width: number, outWidth: number): void;
  hardSigmoid(logits: Address, uniform: Address, out: Address, size: number, temperature: number): void;
  hardSigmoidGradient(logits: Address, uniform: Address, dy: Address, out: Address, size: number, temperature: number): void;
  logLikelihood(logits: Address, target: Address, out: Address, rows: number, c: number, scratch: Address): void;
  logLikelihoodGradient(logits: Address, target: Address, dy: Address, out: Address, rows: number, c: number, scratch: Address): void;
  logSoftmax(logits: Address, out: Address, rows: number, c: number, scratch: Address): void;
  logSoftmaxGradient(logits: Address, dy: Address, out: Address, rows: number, c: number, scratch: Address): void;
  oneHotOfLargest(scores: Address, noise: Address, out: Address, rows: number, c: number): void;
  softmaxGradient(logits: Address, noise: Address, dy: Address, out: Address, rows: number, c: number, temperature: number, scratch: Address): void;
  tableMax(table: Address, rows: Address, ownRows: Address, mask: Address, out: Address, winner: Address, active: Address, targets: number, inputs: number, batch: number, tableRows: number, width: number, maskStride: number): void;
  tableMaxGradient(dy: Address, winner: Address, rows: Address, ownRows: Address, dTable: Address, targets: number, batch: number, tableRows: number, width: number): void;
  tableMaxInputGradient(dy: Address, winner: Address, rows: Address, ownRows: Address, jacobian: Address, dOwn: Address, dOthers: Address, targets: number, column: number, count: number, categories: number, rowOffset: number, batch: number, width: number): void;
  accumulate(target: Address, source: Address, bytes: number): void;
  tableInputGradient(jacobian: Address, rows: Address, mask: Address, columns: Address, needed: Address, dy: Address, dx: Address, targets: number, first: number, count: number, categories: number, rowOffset: number, jacobianOffset: number, jacobianRows: number, batch: number, width: number, maskWidth: number): void;
  tableSum(table: Address, rows: Address, mask: Address, columns: Address, needed: Address, bias: Address, out: Address, active: Address, targets: number, variables: number, batch: number, tableRows: number, width: number, maskWidth: number): void;
  tableSumGradient(table: Address, rows: Address, mask: Address, columns: Address, needed: Address, dy: Address, dTable: Address, dMask: Address, targets: number, variables: number, batch: number, tableRows: number, width: number, maskWidth: number): void;
}

/** The kernels, called with named arguments; what an address points to stands in the sources. */
export interface KernelCalls {
  /**
   * One Adam step on `size` parameters:
   * g = gradient · scale, m = m β1 + g (1 - β1), v = v β2 + g² (1 - β2), parameter -= m · rate / (√v · correction + ε).
   * `gradient` may be 0, which stands for zeros; `out` may be `parameter`. `mean` and `square` change in place.
   */
  adam(at: { readonly parameter: Address; readonly gradient: Address; readonly mean: Address; readonly square: Address; readonly out: Address }, of: { readonly size: number; readonly scale: number; readonly beta1: number; readonly oneMinusBeta1: number; readonly beta2: number; readonly oneMinusBeta2: number; readonly rate: number; readonly correction: number; readonly epsilon: number }): void;
  /** Sum of the squares of `size` numbers. */
  sumOfSquares(at: { readonly x: Address }, of: { readonly size: number }): number;
  /**
   * y = leaky(normal · scale + shift) with normal = (x - mean) · inverse and inverse = 1 / √(variance + epsilon), variance
   * being the biased one. The running statistics move by `momentum` towards the mean and the unbiased variance.
   */
  batchNorm(at: { readonly x: Address; readonly scale: Address; readonly shift: Address; readonly runningMean: Address; readonly runningVariance: Address; readonly y: Address; readonly normal: Address; readonly inverse: Address; readonly newMean: Address; readonly newVariance: Address }, of: { readonly rows: number; readonly columns: number; readonly epsilon: number; readonly momentum: number; readonly slope: number }): void;
  /** Gradients of `batchNorm` by x, scale and shift; dy is that of its y. */
  batchNormGradient(at: { readonly dy: Address; readonly y: Address; readonly normal: Address; readonly inverse: Address; readonly scale: Address; readonly dx: Address; readonly scaleGradient: Address; readonly shiftGradient: Address }, of: { readonly rows: number; readonly columns: number; readonly slope: number }): void;
  /** C[m, n] = activation(C + bias[n]) in place; `bias` is 0 or the address of n numbers. */
  biasActivate(at: { readonly c: Address; readonly bias: Address }, of: { readonly m: number; readonly n: number; readonly activation: number; readonly alpha: number }): void;
  /** One product; `bias` is 0 or the address of n numbers. `c` must not overlap `a`, `b` or `bias`. */
  gemm(at: { readonly a: Address; readonly b: Address; readonly c: Address; readonly bias: Address; readonly scratch: Address }, of: { readonly m: number; readonly n: number; readonly k: number; readonly transposeA: boolean; readonly transposeB: boolean; readonly activation: number; readonly alpha: number }): void;
  /** Bytes of scratch memory that `gemm` needs. */
  gemmScratchBytes(): number;
  /**
   * Straight-through gradient of one variable of c categories through its table: out[e, k] += ⟨jacobian[x·c + k], d[e]⟩,
   * where x is the entry's category, rows[nodes[e]] - firstRow.
   */
  addJacobian(at: { readonly d: Address; readonly jacobian: Address; readonly nodes: Address; readonly rows: Address; readonly out: Address }, of: { readonly firstRow: number; readonly c: number; readonly count: number; readonly width: number }): void;
  /** target[rows[e]] += source[e], of `count` rows. */
  addRows(at: { readonly source: Address; readonly rows: Address; readonly target: Address }, of: { readonly count: number; readonly width: number }): void;
  /** out[e] = source[rows[e]], of `count` rows. */
  copyRows(at: { readonly source: Address; readonly rows: Address; readonly out: Address }, of: { readonly count: number; readonly width: number }): void;
  /** out[u] = n + z (h - n) for each of `count` nodes; writes `gates` unless that is 0. */
  gruCells(at: { readonly a: Address; readonly rows: Address; readonly b: Address; readonly h: Address; readonly parents: Address; readonly out: Address; readonly gates: Address }, of: { readonly count: number; readonly width: number }): void;
  /**
   * Gradients of `gruCells` for entries e, which are nodes (`nodes` is 0) or samples at a node each (`nodes[e]`).
   *
   * @param dy, dy2 [count, H]: their sum is the gradient of each entry's h'; dy2 is 0 for none.
   * @param dA [G, 3H]: added to, in the nodes' rows.
   * @param dAOfEntry [count, 3H]: the same of each entry, or 0.
   * @param dB, dH Added to at the parents [P, 3H] and [P, H], or written entry by entry [count, 3H] and [count, H].
   */
  gruCellsGradient(at: { readonly dy: Address; readonly dy2: Address; readonly nodes: Address; readonly rows: Address; readonly parents: Address; readonly gates: Address; readonly h: Address; readonly dA: Address; readonly dAOfEntry: Address; readonly dB: Address; readonly dH: Address }, of: { readonly addsToParents: boolean; readonly count: number; readonly width: number }): void;
  /**
   * Backward pass of bias and ReLU for [rows, columns]: dz = dy where the layer's output is positive, else 0, and
   * biasGradient[columns] = column sums of dz.
   */
  biasReluGradient(at: { readonly dy: Address; readonly output: Address; readonly dz: Address; readonly biasGradient: Address }, of: { readonly rows: number; readonly columns: number }): void;
  /** Sums [outer, count, inner] over the middle axis into `out` [outer, inner]. */
  sumMiddle(at: { readonly x: Address; readonly out: Address }, of: { readonly outer: number; readonly count: number; readonly inner: number }): void;
  /**
   * out[s] = source[sourceRows[s]] where gate[points[s]] is above zero, else 0; H numbers each. Address 0 of sourceRows
   * stands for s itself; then out may be source.
   */
  gateRows(at: { readonly source: Address; readonly sourceRows: Address; readonly gate: Address; readonly points: Address; readonly out: Address }, of: { readonly count: number; readonly width: number }): void;
  /**
   * out[r % B, columns[s]] += ⟨dy[r], jacobian[s]⟩ for every point p, its entries s from firstEntry[p] to
   * firstEntry[p + 1] and its rows r = rows[o], o from firstRow[p] to firstRow[p + 1]. A point's Jacobian stays in the
   * cache while its rows pass. out [B, W] is zeroed by the caller.
   */
  jacobianProducts(at: { readonly dy: Address; readonly jacobian: Address; readonly firstEntry: Address; readonly columns: Address; readonly firstRow: Address; readonly rows: Address; readonly out: Address }, of: { readonly points: number; readonly batch: number; readonly width: number; readonly outWidth: number }): void;
  /** 1 where sigmoid((logits + log u - log(1 - u)) / temperature) > 0.5, else 0, of `size` numbers. */
  hardSigmoid(at: { readonly logits: Address; readonly uniform: Address; readonly out: Address }, of: { readonly size: number; readonly temperature: number }): void;
  /** dy times the derivative of the sigmoid in `hardSigmoid`. */
  hardSigmoidGradient(at: { readonly logits: Address; readonly uniform: Address; readonly dy: Address; readonly out: Address }, of: { readonly size: number; readonly temperature: number }): void;
  /** Σ_k target[k] · log(clamp(softmax(logits)))[k], one number a row. */
  logLikelihood(at: { readonly logits: Address; readonly target: Address; readonly out: Address; readonly scratch: Address }, of: { readonly rows: number; readonly c: number }): void;
  /** Gradient of `logLikelihood` with respect to the logits; `dy` has one number a row. */
  logLikelihoodGradient(at: { readonly logits: Address; readonly target: Address; readonly dy: Address; readonly out: Address; readonly scratch: Address }, of: { readonly rows: number; readonly c: number }): void;
  /** log(clamp(softmax(logits))). */
  logSoftmax(at: { readonly logits: Address; readonly out: Address; readonly scratch: Address }, of: { readonly rows: number; readonly c: number }): void;
  /** Gradient of `logSoftmax`: d = dy where the clamp is idle, else 0; d - p Σ d. */
  logSoftmaxGradient(at: { readonly logits: Address; readonly dy: Address; readonly out: Address; readonly scratch: Address }, of: { readonly rows: number; readonly c: number }): void;
  /** One-hot of the first largest of scores + noise; `noise` may be 0. */
  oneHotOfLargest(at: { readonly scores: Address; readonly noise: Address; readonly out: Address }, of: { readonly rows: number; readonly c: number }): void;
  /** Gradient of softmax((logits + noise) / temperature): p (dy - Σ p dy) / temperature. */
  softmaxGradient(at: { readonly logits: Address; readonly noise: Address; readonly dy: Address; readonly out: Address; readonly scratch: Address }, of: { readonly rows: number; readonly c: number; readonly temperature: number }): void;
  /** out[j, b] = max of table[j, row of i] over inputs i with mask[b, j, i]; `active` is scratch for 2·I numbers. */
  tableMax(at: { readonly table: Address; readonly rows: Address; readonly ownRows: Address; readonly mask: Address; readonly out: Address; readonly winner: Address; readonly active: Address }, of: { readonly targets: number; readonly inputs: number; readonly batch: number; readonly tableRows: number; readonly width: number; readonly maskStride: number }): void;
  /** Adds each dy to the table's entry that won; dTable is zeroed by the caller. */
  tableMaxGradient(at: { readonly dy: Address; readonly winner: Address; readonly rows: Address; readonly ownRows: Address; readonly dTable: Address }, of: { readonly targets: number; readonly batch: number; readonly tableRows: number; readonly width: number }): void;
  /**
   * Straight-through gradient of the one-hots of inputs column..column+count-1, all of c categories: where one of them
   * wins, dy times jacobian[j, i, x, k] for each category k, x being its category, row - rowOffset - i·c. Adds to
   * dOwn [count, B, c] where input and target are one variable, to dOthers of the same shape elsewhere; both are zeroed by
   * the caller. jacobian is [J, count, c, c, H].
   */
  tableMaxInputGradient(at: { readonly dy: Address; readonly winner: Address; readonly rows: Address; readonly ownRows: Address; readonly jacobian: Address; readonly dOwn: Address; readonly dOthers: Address }, of: { readonly targets: number; readonly column: number; readonly count: number; readonly categories: number; readonly rowOffset: number; readonly batch: number; readonly width: number }): void;
  /** target[n] += source[n], n in bytes. */
  accumulate(at: { readonly target: Address; readonly source: Address }, of: { readonly bytes: number }): void;
  /**
   * Straight-through gradient of variables first..first+count-1, all of c categories, through their tables:
   * dx[i, b, k] = Σ_j mask[b, j, i] · ⟨jacobian[j, offset + i·c² + x·c + k], dy[j, b]⟩, where x is the sample's category,
   * rows[first + i, b] - rowOffset - i·c. Writes dx [count, B, c].
   */
  tableInputGradient(at: { readonly jacobian: Address; readonly rows: Address; readonly mask: Address; readonly columns: Address; readonly needed: Address; readonly dy: Address; readonly dx: Address }, of: { readonly targets: number; readonly first: number; readonly count: number; readonly categories: number; readonly rowOffset: number; readonly jacobianOffset: number; readonly jacobianRows: number; readonly batch: number; readonly width: number; readonly maskWidth: number }): void;
  /** out[j, b] = bias[j] + Σ_i mask[b, j, i] · table[j, rows[i, b]]; `active` is scratch for 2·I numbers. */
  tableSum(at: { readonly table: Address; readonly rows: Address; readonly mask: Address; readonly columns: Address; readonly needed: Address; readonly bias: Address; readonly out: Address; readonly active: Address }, of: { readonly targets: number; readonly variables: number; readonly batch: number; readonly tableRows: number; readonly width: number; readonly maskWidth: number }): void;
  /**
   * Gradients of `tableSum`: adds to dTable (zeroed by the caller) and writes dMask in the variables' columns (0 where
   * not needed). dMask is 0 for none.
   */
  tableSumGradient(at: { readonly table: Address; readonly rows: Address; readonly mask: Address; readonly columns: Address; readonly needed: Address; readonly dy: Address; readonly dTable: Address; readonly dMask: Address }, of: { readonly targets: number; readonly variables: number; readonly batch: number; readonly tableRows: number; readonly width: number; readonly maskWidth: number }): void;
}

/** Names the arguments of a module's exports. */
export function kernelCalls(exports: KernelExports): KernelCalls {
  return {
    adam: (at, of) => exports.adam(at.parameter, at.gradient, at.mean, at.square, at.out, of.size, of.scale, of.beta1, of.oneMinusBeta1, of.beta2, of.oneMinusBeta2, of.rate, of.correction, of.epsilon),
    sumOfSquares: (at, of) => exports.sumOfSquares(at.x, of.size),
    batchNorm: (at, of) => exports.batchNorm(at.x, at.scale, at.shift, at.runningMean, at.runningVariance, at.y, at.normal, at.inverse, at.newMean, at.newVariance, of.rows, of.columns, of.epsilon, of.momentum, of.slope),
    batchNormGradient: (at, of) => exports.batchNormGradient(at.dy, at.y, at.normal, at.inverse, at.scale, at.dx, at.scaleGradient, at.shiftGradient, of.rows, of.columns, of.slope),
    biasActivate: (at, of) => exports.biasActivate(at.c, of.m, of.n, at.bias, of.activation, of.alpha),
    gemm: (at, of) => exports.gemm(at.a, at.b, at.c, of.m, of.n, of.k, of.transposeA, of.transposeB, at.bias, of.activation, of.alpha, at.scratch),
    gemmScratchBytes: () => exports.gemmScratchBytes(),
    addJacobian: (at, of) => exports.addJacobian(at.d, at.jacobian, at.nodes, at.rows, of.firstRow, of.c, at.out, of.count, of.width),
    addRows: (at, of) => exports.addRows(at.source, at.rows, at.target, of.count, of.width),
    copyRows: (at, of) => exports.copyRows(at.source, at.rows, at.out, of.count, of.width),
    gruCells: (at, of) => exports.gruCells(at.a, at.rows, at.b, at.h, at.parents, at.out, at.gates, of.count, of.width),
    gruCellsGradient: (at, of) => exports.gruCellsGradient(at.dy, at.dy2, at.nodes, at.rows, at.parents, at.gates, at.h, at.dA, at.dAOfEntry, at.dB, at.dH, of.addsToParents, of.count, of.width),
    biasReluGradient: (at, of) => exports.biasReluGradient(at.dy, at.output, at.dz, at.biasGradient, of.rows, of.columns),
    sumMiddle: (at, of) => exports.sumMiddle(at.x, at.out, of.outer, of.count, of.inner),
    gateRows: (at, of) => exports.gateRows(at.source, at.sourceRows, at.gate, at.points, at.out, of.count, of.width),
    jacobianProducts: (at, of) => exports.jacobianProducts(at.dy, at.jacobian, at.firstEntry, at.columns, at.firstRow, at.rows, at.out, of.points, of.batch, of.width, of.outWidth),
    hardSigmoid: (at, of) => exports.hardSigmoid(at.logits, at.uniform, at.out, of.size, of.temperature),
    hardSigmoidGradient: (at, of) => exports.hardSigmoidGradient(at.logits, at.uniform, at.dy, at.out, of.size, of.temperature),
    logLikelihood: (at, of) => exports.logLikelihood(at.logits, at.target, at.out, of.rows, of.c, at.scratch),
    logLikelihoodGradient: (at, of) => exports.logLikelihoodGradient(at.logits, at.target, at.dy, at.out, of.rows, of.c, at.scratch),
    logSoftmax: (at, of) => exports.logSoftmax(at.logits, at.out, of.rows, of.c, at.scratch),
    logSoftmaxGradient: (at, of) => exports.logSoftmaxGradient(at.logits, at.dy, at.out, of.rows, of.c, at.scratch),
    oneHotOfLargest: (at, of) => exports.oneHotOfLargest(at.scores, at.noise, at.out, of.rows, of.c),
    softmaxGradient: (at, of) => exports.softmaxGradient(at.logits, at.noise, at.dy, at.out, of.rows, of.c, of.temperature, at.scratch),
    tableMax: (at, of) => exports.tableMax(at.table, at.rows, at.ownRows, at.mask, at.out, at.winner, at.active, of.targets, of.inputs, of.batch, of.tableRows, of.width, of.maskStride),
    tableMaxGradient: (at, of) => exports.tableMaxGradient(at.dy, at.winner, at.rows, at.ownRows, at.dTable, of.targets, of.batch, of.tableRows, of.width),
    tableMaxInputGradient: (at, of) => exports.tableMaxInputGradient(at.dy, at.winner, at.rows, at.ownRows, at.jacobian, at.dOwn, at.dOthers, of.targets, of.column, of.count, of.categories, of.rowOffset, of.batch, of.width),
    accumulate: (at, of) => exports.accumulate(at.target, at.source, of.bytes),
    tableInputGradient: (at, of) => exports.tableInputGradient(at.jacobian, at.rows, at.mask, at.columns, at.needed, at.dy, at.dx, of.targets, of.first, of.count, of.categories, of.rowOffset, of.jacobianOffset, of.jacobianRows, of.batch, of.width, of.maskWidth),
    tableSum: (at, of) => exports.tableSum(at.table, at.rows, at.mask, at.columns, at.needed, at.bias, at.out, at.active, of.targets, of.variables, of.batch, of.tableRows, of.width, of.maskWidth),
    tableSumGradient: (at, of) => exports.tableSumGradient(at.table, at.rows, at.mask, at.columns, at.needed, at.dy, at.dTable, at.dMask, of.targets, of.variables, of.batch, of.tableRows, of.width, of.maskWidth),
  };
}
