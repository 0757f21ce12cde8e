/**
 * What keeps a store from answering and may pass: another process's lock, a full disk, or a disk that does not answer
 * or cannot be written.
 */
export type StoreObstacle = "locked" | "full" | "unreachable";

/** A store cannot be used now, for a reason that is not in it; nothing was changed, and trying again may help. */
export class StoreUnavailable extends Error {
  readonly obstacle: StoreObstacle;

  constructor(message: string, obstacle: StoreObstacle) {
    super(message);
    this.obstacle = obstacle;
  }
}
