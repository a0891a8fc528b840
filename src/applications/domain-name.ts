// Domain names as rules keep them: lower-case ASCII, no dots at their ends, labels of 1 to 63 octets (RFC 1035, section 2.3.4).
// Underscores are let through, because names on the network have them.
import { domainToASCII } from 'node:url';

export const longestName = 253;
const longestLabel = 63;
const dot = 46;

/** What is wrong with a name, and where (from 0). */
export interface NameProblem {
  readonly at: number;
  readonly message: string;
}

/** `written` as a rule keeps it. Names in other scripts become their ASCII form (`xn--`). One pass, for large files. */
export function domainName(written: string): string | NameProblem {
  let start = 0;
  let end = written.length;
  if (end > 0 && written.charCodeAt(end - 1) === dot) end--;
  if (end > 0 && written.charCodeAt(0) === dot) start = 1;
  if (start >= end) return { at: 0, message: 'no domain name' };
  let upper = false;
  let label = start;
  for (let at = start; at < end; at++) {
    const c = written.charCodeAt(at);
    if (c === dot) {
      if (at === label) return { at, message: 'an empty label: two dots in a row' };
      if (at - label > longestLabel) return { at: label, message: labelTooLong };
      label = at + 1;
    } else if (isUpper(c)) upper = true;
    else if (!isNameCharacter(c)) {
      if (c > 127) return otherScript(written.slice(start, end));
      return { at, message: notInNames(written.charAt(at)) };
    }
  }
  if (end - label > longestLabel) return { at: label, message: labelTooLong };
  if (end - start > longestName)
    return { at: 0, message: `longer than ${longestName} characters, which no domain name is` };
  const name = start === 0 && end === written.length ? written : written.slice(start, end);
  return upper ? name.toLowerCase() : name;
}

/** The place of the first character that no name has, or -1. For pieces of names. */
export function strangeCharacter(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c !== dot && !isUpper(c) && !isNameCharacter(c)) return at;
  }
  return -1;
}

export function notInNames(character: string): string {
  const advice =
    character === '*' ? '; write the domain alone, it stands for all that is below it' : '';
  return `${JSON.stringify(character)} cannot be in a domain name${advice}`;
}

const labelTooLong = `a label of more than ${longestLabel} characters`;

const isUpper = (c: number) => c >= 65 && c <= 90;

/** a-z, 0-9, `-`, `_`. */
const isNameCharacter = (c: number) =>
  (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 95;

function otherScript(written: string): string | NameProblem {
  const ascii = domainToASCII(written);
  if (ascii !== '' && ascii.length <= longestName && strangeCharacter(ascii) < 0) return ascii;
  return { at: 0, message: `${JSON.stringify(written)} has no form as a domain name` };
}
