// Search and replace whose time is linear in the text, whatever the pattern: the text comes off the network, and a
// pattern that makes a backtracking engine stall for seconds would stall the daemon. Thompson's simulation with captures
// (R. Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009); matches are leftmost, then by preference.
import { type CharacterSet, type Program, parseRegex } from './linear-regex-parser.js';

/** Characters that are looked at; what is behind is cut off, so that nothing passes unseen. */
export const longestText = 1024;

/**
 * Steps that one text may take. A single search stays far below; thousands of matches, each of which first looks as far as
 * the end for a better one, would not.
 */
const mostSteps = 1_000_000;

interface Thread {
  readonly at: number;
  readonly slots: readonly number[];
}

const isWord = (character: string | undefined) =>
  character !== undefined && /^[0-9A-Za-z_]$/.test(character);

/** The code points of a character in its three cases. */
export const cases = (character: string) =>
  [character, character.toLowerCase(), character.toUpperCase()].map((c) => c.codePointAt(0) ?? 0);

/** Whether one of `points`, the cases of a character, is in the set. */
export function contains({ ranges, negated }: CharacterSet, points: readonly number[]): boolean {
  for (const [low, high] of ranges)
    for (const point of points) if (point >= low && point <= high) return !negated;
  return negated;
}

export class LinearRegex {
  readonly #program: Program;
  readonly #replacement: string;
  #steps = 0;

  /** Case does not matter. `$1` to `$9`, `$&` and `$$` in the replacement. Throws an Error that says what is wrong. */
  constructor(pattern: string, replacement: string) {
    this.#program = parseRegex(pattern);
    this.#replacement = replacement;
    for (const [, group] of replacement.matchAll(/\$(\d)/g))
      if (Number(group) > this.#program.groups || group === '0')
        throw new Error(`has no group ${group}, which the replacement names`);
  }

  /** `text` with every match replaced; `text` itself when there is none; nothing when it takes too many steps. */
  replace(text: string): string {
    this.#steps = 0;
    const characters = [...text.slice(0, longestText)];
    let result = '';
    let from = 0;
    let changed = text.length > longestText;
    for (let at = 0; at <= characters.length; ) {
      const slots = this.#match(characters, at);
      if (this.#steps > mostSteps) return '';
      if (slots === undefined) break;
      const [start = 0, end = 0] = slots;
      changed = true;
      result += characters.slice(from, start).join('') + this.#fill(characters, slots);
      from = end;
      at = end > start ? end : end + 1;
      if (end === start && end < characters.length) {
        result += characters[end];
        from = end + 1;
      }
    }
    return changed ? result + characters.slice(from).join('') : text;
  }

  /** Whether it matches somewhere in `text`; not when that takes too many steps. */
  test(text: string): boolean {
    this.#steps = 0;
    const found = this.#match([...text.slice(0, longestText)], 0);
    return found !== undefined && this.#steps <= mostSteps;
  }

  #fill(characters: readonly string[], slots: readonly number[]): string {
    return this.#replacement.replaceAll(/\$([&$1-9])/g, (_, what: string) => {
      if (what === '$') return '$';
      const group = what === '&' ? 0 : Number(what);
      const [start = -1, end = -1] = slots.slice(2 * group, 2 * group + 2);
      return start < 0 || end < 0 ? '' : characters.slice(start, end).join('');
    });
  }

  /** The slots of the leftmost match that begins at `from` or later. */
  #match(characters: readonly string[], from: number): readonly number[] | undefined {
    const { instructions } = this.#program;
    let threads: Thread[] = [];
    let found: readonly number[] | undefined;
    for (let at = from; at <= characters.length && this.#steps <= mostSteps; at += 1) {
      const marks = new Uint8Array(instructions.length);
      const ready: Thread[] = [];
      for (const thread of threads) this.#follow(thread, at, characters, marks, ready);
      // Nothing has matched yet: a match may also begin here, with less right than those that began before.
      if (found === undefined) this.#follow({ at: 0, slots: [] }, at, characters, marks, ready);
      threads = [];
      const character = characters[at];
      const points = character === undefined ? undefined : cases(character);
      for (const thread of ready) {
        const instruction = instructions[thread.at];
        if (instruction?.op === 'match') {
          found = thread.slots;
          break; // the threads behind it have less right
        }
        if (instruction?.op !== 'set' || points === undefined) continue;
        if (contains(instruction.set, points))
          threads.push({ at: thread.at + 1, slots: thread.slots });
      }
      if (threads.length === 0 && found !== undefined) break;
    }
    return found;
  }

  /** Adds to `ready` what `thread` reaches without a character, by preference; each instruction once. */
  #follow(
    thread: Thread,
    position: number,
    characters: readonly string[],
    marks: Uint8Array,
    ready: Thread[],
  ): void {
    const stack = [thread];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { at, slots } = next;
      this.#steps += 1;
      if (marks[at]) continue;
      marks[at] = 1;
      const instruction = this.#program.instructions[at];
      if (instruction === undefined) continue;
      if (instruction.op === 'jump') stack.push({ at: instruction.to, slots });
      else if (instruction.op === 'split')
        stack.push({ at: instruction.second, slots }, { at: instruction.first, slots });
      else if (instruction.op === 'save') {
        const saved = [...slots];
        while (saved.length < instruction.slot) saved.push(-1);
        saved[instruction.slot] = position;
        stack.push({ at: at + 1, slots: saved });
      } else if (instruction.op === 'assert') {
        if (holds(instruction.what, position, characters)) stack.push({ at: at + 1, slots });
      } else ready.push(next);
    }
  }
}

function holds(what: string, position: number, characters: readonly string[]): boolean {
  if (what === 'start') return position === 0;
  if (what === 'end') return position === characters.length;
  const boundary = isWord(characters[position - 1]) !== isWord(characters[position]);
  return boundary === (what === 'word');
}
