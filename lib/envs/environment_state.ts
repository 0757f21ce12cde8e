/** State of E environments; a step returns a new one and leaves this unchanged. */
export interface EnvironmentState {
  /** Row-major [E, N], see `encodeValues`. */
  readonly values: Float32Array;
  /** Row-major [E, G]. */
  readonly goal: Float32Array;
  /** Row-major [E, L]. */
  readonly hidden: Float32Array;
}
