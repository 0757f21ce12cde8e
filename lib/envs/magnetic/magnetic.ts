import { z } from "zod";
import { parseWith } from "../../core/parse.ts";
import type { Environment } from "../environment.ts";
import { type MagneticConfig, magneticConfig } from "./magnetic_config.ts";
import { magneticEnvironment } from "./magnetic_environment.ts";

function number(low: number, high: number) {
  const error = `expected a number from ${low} to ${high}`;
  return z.number({ error }).min(low, { error }).max(high, { error });
}

const lengthError = "expected an integer from 1 to 10000";

/** Options of Magnetic; the defaults are in `magnetic_config.ts`. */
const optionsSchema = z.strictObject({
  /** Steps of an episode. */
  episodeLength: z.int({ error: lengthError }).min(1, { error: lengthError }).max(10000, { error: lengthError })
    .default(magneticConfig.task.episodeLength),
  /** Displacement of the end effector for an action of 1, in m. Above the default the arm no longer comes to rest. */
  actionScale: number(0.001, 0.1).default(magneticConfig.control.actionScale),
  /** Speed of the ball under the largest pull, in m/s. */
  pullSpeed: number(0, 1).default(magneticConfig.pull.speed),
  /** Standard deviation of the box's x and y out of distribution, in m. */
  boxShift: number(1, 1e6).default(magneticConfig.task.boxShift),
});

/** Checked options of Magnetic. */
export type MagneticOptions = z.output<typeof optionsSchema>;

/**
 * Checks options and fills defaults.
 *
 * @throws {RangeError} If a field is unknown or not allowed; the sentence names it.
 */
export function parseOptions(options: unknown): MagneticOptions {
  return parseWith(optionsSchema, options, "environment");
}

/** Name of the task: `magnetic`, whatever the options. */
export function taskName(_options: Record<string, unknown>): string {
  return "magnetic";
}

/**
 * Makes the environment of a run. Loads MuJoCo, which nothing else in the project needs.
 *
 * @param options What {@link parseOptions} returned.
 * @param _seed Unused: the world is the same for every seed.
 */
export async function create(options: Record<string, unknown>, _seed: number): Promise<Environment> {
  const config = configOf(parseOptions(options));
  const [{ default: loadMujoco }, { MagneticPhysics }] = await Promise.all([
    import("@mujoco/mujoco"),
    import("./physics.ts"),
  ]);
  return magneticEnvironment(new MagneticPhysics(await loadMujoco(), config), config);
}

/** The default configuration with options in their places. */
export function configOf(options: MagneticOptions): MagneticConfig {
  const { control, pull, task } = magneticConfig;
  return {
    ...magneticConfig,
    control: { ...control, actionScale: options.actionScale },
    pull: { ...pull, speed: options.pullSpeed },
    task: { ...task, episodeLength: options.episodeLength, boxShift: options.boxShift },
  };
}
