import type { ModelState } from "../model/dynamics_model.ts";
import {
  type CheckpointOwner,
  type CheckpointValue,
  decodeCheckpoint,
  encodeCheckpoint,
} from "../training/checkpoint.ts";
import type { CollectorState } from "../training/collector.ts";
import type { ReplayBufferState } from "../training/replay_buffer.ts";
import type { TrainerState } from "../training/trainer.ts";
import type { IntervalState } from "./interval_record.ts";
import type { ProtocolHistory } from "./protocol_scores.ts";

/** Everything that the rest of a run depends on. */
export interface ExperimentState {
  /** Loops made, random ones included. */
  readonly loop: number;
  /** Loop of the last complete evaluation, -1 before the first. */
  readonly evaluatedLoop: number;
  /** Training time so far, over all resumptions. */
  readonly elapsedMs: number;
  readonly peakMemoryBytes: number;
  readonly history: ProtocolHistory;
  readonly interval: IntervalState;
  readonly trainer: TrainerState;
  readonly collector: CollectorState;
  readonly buffer: ReplayBufferState;
  readonly model: ModelState;
}

/** A state as a checkpoint's bytes. */
export function encodeState(state: ExperimentState, owner: CheckpointOwner): Uint8Array {
  // Interfaces have no index signature, so the compiler cannot see that these are plain records; encoding checks it.
  return encodeCheckpoint(state as unknown as CheckpointValue, owner);
}

/** Inverse of {@link encodeState}: the checksum, format and spec were checked, so the shape is what was written. */
export function decodeState(bytes: Uint8Array, owner: CheckpointOwner): ExperimentState {
  return decodeCheckpoint(bytes, owner) as unknown as ExperimentState;
}
