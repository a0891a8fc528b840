// What is known of a field beyond its schema, a row a field: since which version it is there, an example, and the same
// field in the records of other systems. The schemas say what a field is; these tables are for who has to map it.

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/**
 * Names in the Elastic Common Schema (8), in Suricata's EVE and in Zeek's logs, empty where there is none. `A / B` is A
 * when the local side is the client (`local_origin`), else B. What stands in parentheses says how it differs.
 */
export type Fact = readonly [since: string, example: Json, ecs: string, eve: string, zeek: string];

/** By the path of the field: `flow.http.url`; `*` for a name that is not fixed, `[]` for the items of a list. */
export type FactTable = Readonly<Record<string, Fact>>;

export function within(prefix: string, table: FactTable): FactTable {
  return Object.fromEntries(Object.entries(table).map(([path, fact]) => [prefix + path, fact]));
}
