import { actionCount, at, stateCount } from "./variables.ts";

/** Columns of a graph: state variables, then actions. */
const columns = stateCount + actionCount;

/**
 * The global graph, row-major [9, 12]: each variable itself; the ball's x and y also each other, both colours and the
 * box's x and y; the hand's x, y, z the action of their axis. 22 edges.
 */
export function globalGraph(): Uint8Array {
  const graph = new Uint8Array(stateCount * columns);
  const connect = (row: number, causes: readonly number[]) => {
    for (const cause of causes) graph[row * columns + cause] = 1;
  };
  for (let row = 0; row < stateCount; row++) connect(row, [row]);
  for (const ball of [at.ballX, at.ballY]) {
    connect(ball, [at.ballX, at.ballY, at.ballColor, at.boxColor, at.boxX, at.boxY]);
  }
  for (let axis = 0; axis < actionCount; axis++) connect(at.handX + axis, [stateCount + axis]);
  return graph;
}

/**
 * The local graph of a step in which ball or box is black: the global graph less the 6 edges from the box's colour, x
 * and y to the ball's x and y.
 *
 * @see Hwang et al. 2024 (deviation: none). The edges that stay from the ball's colour to its place and between its x
 *   and y have no effect in this context either; the paper counts 6, and so do we.
 */
export function nonMagneticGraph(): Uint8Array {
  const graph = globalGraph();
  for (const ball of [at.ballX, at.ballY]) {
    for (const cause of [at.boxColor, at.boxX, at.boxY]) graph[ball * columns + cause] = 0;
  }
  return graph;
}
