import * as tf from "@tensorflow/tfjs";

/** What a read that was made to fail throws. */
export class ReadFailure extends Error {}

/**
 * Uses the device with its first read failing, then with the second failing, and so on until no read fails.
 *
 * @param use Called anew each time; its error counts as told if it is a {@link ReadFailure}.
 * @param check Called after each use that failed, with the number of the read, 1 for the first.
 * @returns How many reads were made to fail.
 */
export async function withFailingReads(
  use: () => unknown,
  check: (read: number) => void | Promise<void>,
): Promise<number> {
  for (let read = 1;; read++) {
    if (!await failsAt(read, use)) return read - 1;
    await check(read);
  }
}

async function failsAt(read: number, use: () => unknown): Promise<boolean> {
  const engine = tf.engine();
  const { read: readLater, readSync } = engine;
  let left = read;
  const isDue = () => --left === 0;
  engine.read = (id) => isDue() ? Promise.reject(new ReadFailure()) : readLater.call(engine, id);
  engine.readSync = (id) => {
    if (isDue()) throw new ReadFailure();
    return readSync.call(engine, id);
  };
  try {
    await use();
    return false;
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error;
    return true;
  } finally {
    engine.read = readLater;
    engine.readSync = readSync;
  }
}
