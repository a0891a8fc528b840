// The program of a pattern as numbers, for the native machines (addon/core/applications_regex.h): five words a step, its
// operation and what belongs to it. Sets keep the 128 characters of ASCII, in whatever case they came.
import { cases, contains } from './linear-regex.js';
import { type Instruction, parseRegex } from './linear-regex-parser.js';

const operations = ['set', 'split', 'jump', 'save', 'assert', 'match'] as const;
const assertions = ['start', 'end', 'word', 'inside'] as const;

const asciiCases = Array.from({ length: 128 }, (_, code) => cases(String.fromCharCode(code)));

/** Throws an Error that says what is wrong with the pattern. */
export function programWords(pattern: string): Uint32Array {
  const { instructions } = parseRegex(pattern);
  const words = new Uint32Array(5 * instructions.length);
  for (const [i, instruction] of instructions.entries())
    words.set([operations.indexOf(instruction.op), ...operands(instruction)], 5 * i);
  return words;
}

function operands(instruction: Instruction): number[] {
  switch (instruction.op) {
    case 'set': {
      const bits = [0, 0, 0, 0];
      for (const [code, points] of asciiCases.entries())
        if (contains(instruction.set, points))
          bits[code >> 5] = ((bits[code >> 5] ?? 0) | (1 << (code & 31))) >>> 0;
      return bits;
    }
    case 'split':
      return [instruction.first, instruction.second];
    case 'jump':
      return [instruction.to];
    case 'save':
      return [instruction.slot];
    case 'assert':
      return [assertions.indexOf(instruction.what)];
    case 'match':
      return [];
  }
}
