// The match language once more, read off its description and written to be obvious: what the compiled one is held to.
import { BlockList, isIPv4 } from 'node:net';
import { type Expression, type Field, fields, type Value } from '../../../src/match/index.js';

export function naive(expression: Expression, message: object): boolean {
  switch (expression.op) {
    case 'or':
      return expression.items.filter((item) => naive(item, message)).length > 0;
    case 'and':
      return expression.items.filter((item) => !naive(item, message)).length === 0;
    case 'not':
      return naive(expression.item, message) === false;
    case 'present':
      return valuesAt(fieldNamed(expression.field).path, message).some(Boolean);
    case 'in':
      return expression.values.some((value) => equal(expression.field, value, message));
    case 'compare': {
      const { operator, field, value } = expression;
      if (operator === '==') return equal(field, value, message);
      if (operator === '!=') return !equal(field, value, message);
      const { path, numberPath } = fieldNamed(field);
      const bound = Number(value.value);
      return valuesAt(numberPath ?? path, message).some((found) => {
        if (typeof found !== 'number') return false;
        if (operator === '<') return found < bound;
        if (operator === '<=') return found <= bound;
        return operator === '>' ? found > bound : found >= bound;
      });
    }
  }
}

function fieldNamed(name: string): Field {
  const field = fields().get(name);
  if (field === undefined) throw new Error(`no field ${name}`);
  return field;
}

function valuesAt(path: readonly string[], message: object): unknown[] {
  // biome-ignore lint/suspicious/noExplicitAny: the point is to be short
  const value = path.reduce((at: any, name) => at?.[name], message);
  return Array.isArray(value) ? value : [value];
}

function equal(name: string, value: Value, message: object): boolean {
  const field = fieldNamed(name);
  const path = value.kind === 'number' && field.numberPath ? field.numberPath : field.path;
  return valuesAt(path, message).some((found) => equalTo(field, value, found));
}

function equalTo(field: Field, { kind, value }: Value, found: unknown): boolean {
  switch (kind) {
    case 'number':
      return found === value;
    case 'boolean':
      return typeof found === 'number' ? found === Number(value) : found === value;
    case 'word':
      return found === field.constants?.get(String(value));
    case 'mac':
      return String(found).toLowerCase() === String(value).toLowerCase().replaceAll('-', ':');
    case 'address':
      return typeof found === 'string' && found !== '' && within(found, String(value));
    case 'text':
      if (field.kind === 'constant') return found === value;
      return typeof found === 'string' && found.toLowerCase() === String(value).toLowerCase();
  }
}

/** By Node's own list, which knows of mapped addresses. */
function within(address: string, network: string): boolean {
  const [base = '', length] = network.split('/');
  const list = new BlockList();
  const mapped = /^::ffff:/i;
  const four = (text: string) => isIPv4(text) || mapped.test(text);
  if (four(address) !== four(base)) return false; // ::/0 is every IPv6 address and no other
  const family = (text: string) => (isIPv4(text) ? 'ipv4' : 'ipv6');
  if (length === undefined) list.addAddress(base, family(base));
  else list.addSubnet(base, Number(length), family(base));
  return list.check(address, family(address));
}
