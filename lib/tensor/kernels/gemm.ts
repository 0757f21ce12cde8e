import { type Address, NOWHERE } from "./address.ts";
import type { KernelHeap } from "./heap.ts";
import type { BlasProduct, BlasTransposes, SystemBlas } from "./system_blas.ts";

/** Where a product's operands lie on the wasm heap: C[m, n] = activation(op(A) · op(B) + bias[n]). */
export interface GemmPlaces {
  readonly a: Address;
  readonly b: Address;
  readonly c: Address;
  readonly bias?: Address;
}

/** What a product is. */
export interface GemmProduct extends Pick<BlasProduct, "m" | "n" | "k">, Partial<BlasTransposes> {
  /** Number of assembly/gemm.ts; 0 for none. */
  readonly activation?: number;
  /** Slope of a leaky ReLU below zero. */
  readonly alpha?: number;
}

/**
 * From this many multiply-adds on a system BLAS is worth its call and the second pass for bias and activation. Fixed,
 * not measured: a run that goes on must send the same products the same way.
 */
const LEAST_PRODUCTS = 1 << 16;

/** Fewer rows or columns than this are matrix-vector products, which the own kernel does as fast. */
const LEAST_SIDE = 4;

let library: SystemBlas | null = null;
let isInUpdate = false;

/** Sends large products of gradient updates to a system BLAS; null: none. The caller closes it, after another call. */
export function useSystemBlas(blas: SystemBlas | null): void {
  library = blas;
}

/** The system BLAS in use, if any. */
export function systemBlasInUse(): SystemBlas | null {
  return library;
}

/**
 * Runs a gradient update, in which products may go to the system BLAS. Outside of it the own kernel computes all of
 * them: it promises that a row's result does not depend on the rows beside it, on which planning by distinct pairs
 * relies, and a BLAS does not.
 */
export function withSystemBlas<T>(update: () => T): T {
  return inUpdate(true, update);
}

/** Computes with the own kernel alone, within an update too: for what is kept after it, and for many evaluations. */
export function withoutSystemBlas<T>(compute: () => T): T {
  return inUpdate(false, compute);
}

function inUpdate<T>(value: boolean, compute: () => T): T {
  const before = isInUpdate;
  isInUpdate = value;
  try {
    return compute();
  } finally {
    isInUpdate = before;
  }
}

let products = 0;
let multiplyAdds = 0;

/** Products computed so far in this process, and their multiply-adds. */
export function gemmWork(): { readonly products: number; readonly multiplyAdds: number } {
  return { products, multiplyAdds };
}

/** Time of the products computed while something ran. */
export interface GemmTime {
  /** Multiply-adds of one product. */
  readonly multiplyAdds: number;
  readonly ms: number;
}

let timer: { readonly clock: () => number; readonly times: GemmTime[] } | null = null;

/**
 * Runs something and times each product that it computes, bias and activation included.
 *
 * @param clock Milliseconds, never going back.
 */
export function timeGemm(run: () => void, clock: () => number): readonly GemmTime[] {
  const times: GemmTime[] = [];
  const before = timer;
  timer = { clock, times };
  try {
    run();
    return times;
  } finally {
    timer = before;
  }
}

/** Computes one product, by the own kernel or a system BLAS; transposes are false unless given. */
export function gemm(heap: KernelHeap, at: GemmPlaces, of: GemmProduct): void {
  const work = of.m * of.n * of.k;
  products++;
  multiplyAdds += work;
  if (timer === null) return multiply(heap, at, of);
  const startMs = timer.clock();
  multiply(heap, at, of);
  timer.times.push({ multiplyAdds: work, ms: timer.clock() - startMs });
}

function multiply({ calls, scratch, backend }: KernelHeap, at: GemmPlaces, of: GemmProduct): void {
  const { a, b, c, bias = NOWHERE } = at;
  const { m, n, k, transposeA = false, transposeB = false, activation = 0, alpha = 0 } = of;
  if (library !== null && isInUpdate && isWorthIt(of)) {
    library.multiply(backend.wasm.asm.memory, { a, b, c, m, n, k, transposeA, transposeB });
    if (bias !== NOWHERE || activation !== 0) calls.biasActivate({ c, bias }, { m, n, activation, alpha });
    return;
  }
  calls.gemm({ a, b, c, bias, scratch }, { m, n, k, transposeA, transposeB, activation, alpha });
}

function isWorthIt({ m, n, k }: GemmProduct): boolean {
  return m * n * k >= LEAST_PRODUCTS && Math.min(m, n, k) >= LEAST_SIDE;
}
