import type { z } from "zod";

/**
 * Checks an environment's options against their schema.
 *
 * @param schema The schema; its messages say the rule, as in "expected an integer from 3 to 15".
 * @param options.environment Display name of the environment.
 * @param options.options What the run spec holds, less `id`.
 * @returns The options with defaults filled in.
 * @throws {RangeError} "Cannot make the <environment> environment: <field path> is not allowed, <rule>, got <value>"
 * for the first field that does not fit.
 */
export function checkedOptions<Schema extends z.ZodType>(
  schema: Schema,
  { environment, options }: { readonly environment: string; readonly options: unknown },
): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw optionError(environment, {
    path: issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]!] : issue.path,
    rule: issue.code === "unrecognized_keys" ? "expected no field of this name" : issue.message,
    options,
  });
}

/**
 * The error of one field that does not fit.
 *
 * @param environment Display name of the environment.
 * @param problem.path Where the field is; its value is looked up in `problem.options`.
 * @param problem.rule What was expected, as in "expected an integer from 3 to 15".
 */
export function optionError(
  environment: string,
  problem: { readonly path: readonly PropertyKey[]; readonly rule: string; readonly options: unknown },
): RangeError {
  let value = problem.options;
  for (const key of problem.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const field = problem.path.length === 0 ? "the options" : problem.path.map(String).join(".");
  const got = value === undefined ? "nothing" : JSON.stringify(value);
  return new RangeError(
    `Cannot make the ${environment} environment: ${field} is not allowed, ${problem.rule}, got ${got}`,
  );
}
