import { findSystemBlas, type SystemBlas } from "../../lib/tensor/kernels/system_blas.ts";

const found = findSystemBlas();

/** A test that needs a system BLAS is ignored where there is none, and its name says what would enable it. */
export const needsBlas = {
  ignore: found.blas === null,
  suffix: found.blas ? "" : ` (ignored: ${found.reason}; run tests/tensor/install_openblas.sh)`,
};

/** The system BLAS of this machine, counting its products; open for as long as the tests run. */
export function countingBlas(): SystemBlas & { readonly count: number } {
  let count = 0;
  const blas = found.blas!;
  return {
    ...blas,
    multiply(memory, product) {
      count++;
      blas.multiply(memory, product);
    },
    get count() {
      return count;
    },
  };
}
