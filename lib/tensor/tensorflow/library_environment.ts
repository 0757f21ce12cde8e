import process from "node:process";

/**
 * What TensorFlow's C library is told where the environment does not say otherwise; it reads no other settings.
 *
 * - It writes warnings and errors, not what it finds on its way up.
 * - It takes GPU memory as it needs it: by default the first process takes all, and a second worker finds none.
 * - Products on NVIDIA cards are float32, not TF32, whose operands have 10 bits: `NVIDIA_TF32_OVERRIDE=1` leaves that to
 *   the library.
 */
export const libraryDefaults: Readonly<Record<string, string>> = {
  TF_CPP_MIN_LOG_LEVEL: "1",
  TF_FORCE_GPU_ALLOW_GROWTH: "true",
  NVIDIA_TF32_OVERRIDE: "0",
};

/** Sets {@link libraryDefaults}; before the library is loaded. */
export function setLibraryDefaults(): void {
  for (const [name, value] of Object.entries(libraryDefaults)) process.env[name] ??= value;
}
