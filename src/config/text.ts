// A value as the file writes it: yes and no, sizes with their unit, modes in octal. What is printed can be read again.
import type { Annotations } from './schema/values.js';

const sizes: readonly (readonly [number, string])[] = [
  [1 << 30, 'G'],
  [1 << 20, 'M'],
  [1 << 10, 'K'],
];

/** `value` of a property with these annotations; `undefined` is the empty text. */
export function valueText(value: unknown, schema: Pick<Annotations, 'x-kind'>): string {
  if (value === undefined) return '';
  switch (schema['x-kind']) {
    case 'boolean':
      return value === true ? 'yes' : 'no';
    case 'size':
      return sizeText(value as number);
    case 'mode':
      return `0${(value as number).toString(8).padStart(3, '0')}`;
    case 'words':
      return (value as string[]).length === 0 ? 'none' : (value as string[]).join(', ');
    default:
      return String(value);
  }
}

/** The same, with quotes where the file needs them. */
export function fileText(value: unknown, schema: Pick<Annotations, 'x-kind'>): string {
  const text = valueText(value, schema);
  if (!/[;#"'\\]|^\s|\s$/.test(text)) return text;
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

function sizeText(bytes: number): string {
  const unit = sizes.find(([factor]) => bytes > 0 && bytes % factor === 0);
  return unit === undefined ? String(bytes) : `${bytes / unit[0]}${unit[1]}`;
}
