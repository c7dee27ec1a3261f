/**
 * The Standard Schema interface, version 1, which zod, valibot, arktype and others implement.
 * Source: https://standardschema.dev (its authors ask that it be copied rather than depended on).
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes. */
export type InferInput<S> = S extends StandardSchema<infer I, unknown> ? I : never;
/** What a schema gives. */
export type InferOutput<S> = S extends StandardSchema<infer _I, infer O> ? O : never;

/** An issue's place as text: `servers.0.name`, or `(value)` for the whole. */
export function issuePath(issue: SchemaIssue): string {
  const parts = (issue.path ?? []).map((p) => String(typeof p === 'object' ? p.key : p));
  return parts.length === 0 ? '(value)' : parts.join('.');
}
