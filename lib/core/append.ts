/** Adds any number of items at the end of a list. Spread into the arguments of `push`, they can overflow the stack. */
export function append<Item>(list: Item[], items: Iterable<Item>): void {
  for (const item of items) list.push(item);
}
