import type { z } from "zod";
import { parseWith } from "../core/parse.ts";
import type { CreateOptions, DynamicsModel, MethodModule, ModelContext } from "./dynamics_model.ts";

/** A method: its options, where it runs, and its model. */
export interface MethodDefinition<Schema extends z.ZodType<Record<string, unknown>>> {
  /** A strict object with a default for each field. */
  readonly options: Schema;
  /** Why the method cannot run on such variables; null when it can. Left out by methods that run on all. */
  unsupported?(context: ModelContext, options: z.output<Schema>): string | null;
  create(context: ModelContext, given: CreateOptions<z.output<Schema>>): DynamicsModel;
}

/**
 * Makes a method's module from its definition. Options are checked and completed by `parseOptions` alone; `create` and
 * `unsupported` take what it returned, typed as the schema says, and `create` refuses what is unsupported.
 */
export function defineMethod<Schema extends z.ZodType<Record<string, unknown>>>(
  definition: MethodDefinition<Schema>,
): MethodModule {
  // Options are this module's own parseOptions' results, whose type its users do not know.
  const own = (options: Readonly<Record<string, unknown>>) => options as z.output<Schema>;
  const unsupported = (context: ModelContext, options: Readonly<Record<string, unknown>>) =>
    definition.unsupported?.(context, own(options)) ?? null;
  return {
    parseOptions: (options) => parseWith(definition.options, options, "method"),
    ...(definition.unsupported ? { unsupported } : {}),
    create(context, given) {
      const reason = unsupported(context, given.options);
      if (reason !== null) throw new RangeError(reason);
      return definition.create(context, { ...given, options: own(given.options) });
    },
  };
}
