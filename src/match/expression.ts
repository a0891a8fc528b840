// The match language as data, and back as text. Printing an expression and parsing the text gives the same expression.

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Value =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** An address, with the length of its prefix where it is a network; as it was written. */
  | { readonly kind: 'address'; readonly value: string }
  | { readonly kind: 'mac'; readonly value: string }
  /** A constant of the language: `other_remote`, `origin_local`, `tunnel_gtp`. */
  | { readonly kind: 'word'; readonly value: string };

export type Expression =
  | { readonly op: 'or' | 'and'; readonly items: readonly Expression[] }
  | { readonly op: 'not'; readonly item: Expression }
  | {
      readonly op: 'compare';
      readonly field: string;
      readonly operator: Operator;
      readonly value: Value;
    }
  | { readonly op: 'in'; readonly field: string; readonly values: readonly Value[] }
  /** The field is there, and neither false nor 0 nor empty. */
  | { readonly op: 'present'; readonly field: string };

export function printExpression(expression: Expression): string {
  switch (expression.op) {
    case 'or':
    case 'and':
      return expression.items.map(inner).join(` ${expression.op} `);
    case 'not':
      return `not ${inner(expression.item)}`;
    case 'compare':
      return `${expression.field} ${expression.operator} ${printValue(expression.value)}`;
    case 'in':
      return `${expression.field} in {${expression.values.map(printValue).join(', ')}}`;
    case 'present':
      return expression.field;
  }
}

const inner = (expression: Expression): string =>
  expression.op === 'or' || expression.op === 'and'
    ? `(${printExpression(expression)})`
    : printExpression(expression);

export function printValue({ kind, value }: Value): string {
  if (kind !== 'text') return String(value);
  return `'${value.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`;
}
