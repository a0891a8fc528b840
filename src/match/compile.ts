// Expression -> a function of a message. All that can be decided before the first message is: paths are split,
// addresses are numbers, sets are sets.
import { type Address, contains, type Network, parseAddress, parseNetwork } from './address.js';
import type { Expression, Operator, Value } from './expression.js';
import { type Field, fieldOf } from './fields.js';

export type Matcher = (message: object) => boolean;
type Test = (value: unknown) => boolean;

/** Throws DipperError for a field that there is not. */
export function compile(expression: Expression): Matcher {
  switch (expression.op) {
    case 'or': {
      const items = expression.items.map(compile);
      return (message) => items.some((item) => item(message));
    }
    case 'and': {
      const items = expression.items.map(compile);
      return (message) => items.every((item) => item(message));
    }
    case 'not': {
      const item = compile(expression.item);
      return (message) => !item(message);
    }
    case 'present':
      return of(fieldOf(expression.field, 1).path, isPresent);
    case 'in':
      return equals(fieldOf(expression.field, 1), expression.values);
    case 'compare': {
      const { operator, value } = expression;
      const field = fieldOf(expression.field, 1);
      if (operator === '==') return equals(field, [value]);
      if (operator === '!=') {
        const equal = equals(field, [value]);
        return (message) => !equal(message);
      }
      const path = field.numberPath ?? field.path;
      return of(path, order(operator, Number(value.value)));
    }
  }
}

/** Whether the field is one of `values`; a list is when one of its items is. */
function equals(field: Field, values: readonly Value[]): Matcher {
  if (field.kind === 'named') {
    const numbers = values.filter(({ kind }) => kind === 'number');
    const names = values.filter(({ kind }) => kind !== 'number');
    const byNumber = of(field.numberPath ?? [], isNumber(numbers));
    const byName = of(field.path, isText(names));
    return (message) => byName(message) || byNumber(message);
  }
  return of(field.path, testOf(field, values));
}

function testOf(field: Field, values: readonly Value[]): Test {
  switch (field.kind) {
    case 'number':
      return isNumber(values);
    case 'flag': {
      const wanted = new Set(values.map(({ value }) => value));
      // netifyd 3 says 0 and 1.
      return (value) => wanted.has(value === 1 ? true : value === 0 ? false : (value as boolean));
    }
    case 'address':
      return isAddress(values);
    case 'mac':
      return isText(values.map(({ value }) => ({ kind: 'text', value: colons(String(value)) })));
    case 'constant': {
      const wanted = new Set<unknown>(
        values.map(({ kind, value }) =>
          kind === 'word' ? field.constants?.get(String(value)) : value,
        ),
      );
      return (value) => wanted.has(value);
    }
    default:
      return isText(values);
  }
}

const colons = (mac: string): string => mac.replaceAll('-', ':');

function isNumber(values: readonly Value[]): Test {
  const wanted = new Set(values.map(({ value }) => value));
  return (value) => typeof value === 'number' && wanted.has(value);
}

/** Letters are the same in either case: names of protocols and of hosts are. */
function isText(values: readonly Value[]): Test {
  const wanted = new Set(values.map(({ value }) => String(value).toLowerCase()));
  return (value) => typeof value === 'string' && wanted.has(value.toLowerCase());
}

function isAddress(values: readonly Value[]): Test {
  const networks = values
    .map(({ value }) => parseNetwork(String(value)))
    .filter((network): network is Network => network !== undefined);
  return (value) => {
    const address: Address | undefined =
      typeof value === 'string' ? parseAddress(value) : undefined;
    return address !== undefined && networks.some((network) => contains(network, address));
  };
}

function order(operator: Exclude<Operator, '==' | '!='>, bound: number): Test {
  const tests: Readonly<Record<typeof operator, (value: number) => boolean>> = {
    '<': (value) => value < bound,
    '<=': (value) => value <= bound,
    '>': (value) => value > bound,
    '>=': (value) => value >= bound,
  };
  const test = tests[operator];
  return (value) => typeof value === 'number' && test(value);
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== '';
}

/** Applies `test` to what is at `path`; to each item where that is a list, unless the list itself is asked for. */
function of(path: readonly string[], test: Test): Matcher {
  return (message) => {
    let value: unknown = message;
    for (const name of path) {
      if (typeof value !== 'object' || value === null) return test(undefined);
      value = (value as Record<string, unknown>)[name];
    }
    return Array.isArray(value) ? value.some(test) : test(value);
  };
}
