declare const isAddress: unique symbol;

/** A place in the memory that kernels work on, bytes from its start; 0 stands for none. No size passes for one. */
export type Address = number & { readonly [isAddress]: true };

/** No place. */
export const NOWHERE = 0 as Address;

/** The place `count` float32 or int32 numbers after another. */
export function after(address: Address, count: number): Address {
  return address + 4 * count as Address;
}
