// Definitions -> columns of numbers and texts, from which the native table is made in one call.
import { setImmediate as turn } from 'node:timers/promises';
import type { ApplicationColumns } from '../capture/applications.js';
import { parseAddress } from '../capture/prefix.js';
import { programWords } from '../regex/program-words.js';
import { type Definitions, type Rule, ruleText } from './definitions.js';

/** Rows between which others have their turn: some 5 ms. */
const rowsOfATurn = 16384;

/** A growing column of numbers. */
class Numbers {
  #values = new Uint32Array(64);
  #size = 0;

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const larger = new Uint32Array(2 * this.#size);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#size++] = value;
  }

  words(): Uint32Array {
    return this.#values.subarray(0, this.#size);
  }

  octets(): Uint8Array {
    return Uint8Array.from(this.words());
  }
}

/** A column of texts, each with a NUL behind it; a NUL inside of one is left out. */
class Texts {
  #texts: string[] = [];

  push(text: string): void {
    this.#texts.push(text.includes('\0') ? text.replaceAll('\0', '') : text);
  }

  bytes(): Uint8Array {
    const joined = this.#texts.length === 0 ? '' : `${this.#texts.join('\0')}\0`;
    this.#texts = [];
    return new Uint8Array(Buffer.from(joined, 'utf8'));
  }
}

/** Programs of regular expressions: the sizes, then the words of all. */
class Programs {
  readonly #sizes = new Numbers();
  readonly #words = new Numbers();

  push(source: string): void {
    const words = programWords(source);
    this.#sizes.push(words.length);
    for (const word of words) this.#words.push(word);
  }

  columns(): [sizes: Uint32Array, words: Uint32Array] {
    return [this.#sizes.words(), this.#words.words()];
  }
}

/** The files that rules and transforms stand in, each once. */
class Files {
  readonly #positions = new Map<string, number>();
  readonly paths = new Texts();

  position(path: string): number {
    const known = this.#positions.get(path);
    if (known !== undefined) return known;
    this.paths.push(path);
    this.#positions.set(path, this.#positions.size);
    return this.#positions.size - 1;
  }
}

/** The columns of the rules, by kind. */
class RuleColumns {
  readonly #domain = { rules: new Numbers(), flags: new Numbers(), names: new Texts() };
  readonly #text = { rules: new Numbers(), flags: new Numbers(), texts: new Texts() };
  readonly #regex = { rules: new Numbers(), programs: new Programs() };
  readonly #prefix = { rules: new Numbers(), versions: new Numbers(), bits: new Numbers() };
  readonly #addresses = new Numbers();
  readonly #port = { rules: new Numbers(), ranges: new Numbers(), protocols: new Numbers() };
  readonly #library = { rules: new Numbers(), names: new Texts() };

  add(rule: Rule, number: number): void {
    switch (rule.kind) {
      case 'domain':
        this.#domain.rules.push(number);
        this.#domain.flags.push((rule.exact ? 1 : 0) | (rule.subdomains ? 2 : 0));
        this.#domain.names.push(rule.name);
        return;
      case 'text':
        this.#text.rules.push(number);
        this.#text.flags.push((rule.start ? 1 : 0) | (rule.end ? 2 : 0));
        this.#text.texts.push(rule.text);
        return;
      case 'regex':
        this.#regex.rules.push(number);
        this.#regex.programs.push(rule.source);
        return;
      case 'prefix': {
        const bytes = parseAddress(rule.address);
        if (bytes === undefined) return;
        this.#prefix.rules.push(number);
        this.#prefix.versions.push(bytes.length === 4 ? 4 : 6);
        this.#prefix.bits.push(rule.bits);
        for (let i = 0; i < 16; i++) this.#addresses.push(bytes[i] ?? 0);
        return;
      }
      case 'port':
        this.#port.rules.push(number);
        this.#port.ranges.push(((rule.firstPort << 16) | rule.lastPort) >>> 0);
        this.#port.protocols.push(rule.ipProtocol);
        return;
      case 'library':
        this.#library.rules.push(number);
        this.#library.names.push(rule.protocol.toLowerCase());
    }
  }

  columns() {
    const [regexSizes, regexWords] = this.#regex.programs.columns();
    return {
      domainRules: this.#domain.rules.words(),
      domainFlags: this.#domain.flags.octets(),
      domainNames: this.#domain.names.bytes(),
      textRules: this.#text.rules.words(),
      textFlags: this.#text.flags.octets(),
      texts: this.#text.texts.bytes(),
      regexRules: this.#regex.rules.words(),
      regexSizes,
      regexWords,
      prefixRules: this.#prefix.rules.words(),
      prefixVersions: this.#prefix.versions.octets(),
      prefixBits: this.#prefix.bits.octets(),
      prefixAddresses: this.#addresses.octets(),
      portRules: this.#port.rules.words(),
      portRanges: this.#port.ranges.words(),
      portProtocols: this.#port.protocols.octets(),
      libraryRules: this.#library.rules.words(),
      libraryNames: this.#library.names.bytes(),
    };
  }
}

/** Lets the event loop run between pieces of large sets. */
export async function applicationColumns(definitions: Definitions): Promise<ApplicationColumns> {
  const { applications, rules } = definitions;
  const positions = new Map(applications.map(({ id }, position) => [id, position]));
  const files = new Files();
  const [tags, categories, texts] = [new Texts(), new Texts(), new Texts()];
  for (const { tag, category } of applications) {
    tags.push(tag);
    categories.push(category);
  }
  const ruleApplications = new Uint32Array(rules.length);
  const ruleFiles = new Uint32Array(rules.length);
  const ruleLines = new Uint32Array(rules.length);
  const kinds = new RuleColumns();
  for (const [number, rule] of rules.entries()) {
    if (number % rowsOfATurn === rowsOfATurn - 1) await turn();
    ruleApplications[number] = positions.get(rule.application) ?? 0;
    ruleFiles[number] = files.position(rule.file);
    ruleLines[number] = rule.line;
    texts.push(ruleText(rule));
    kinds.add(rule, number);
  }
  const transforms = transformColumns(definitions, files);
  await turn();
  return {
    applicationIds: Uint32Array.from(applications, ({ id }) => id),
    applicationTags: tags.bytes(),
    applicationCategories: categories.bytes(),
    files: files.paths.bytes(),
    ruleApplications,
    ruleFiles,
    ruleLines,
    ruleTexts: texts.bytes(),
    ...kinds.columns(),
    ...transforms,
    ...(await listColumns(definitions)),
  };
}

function transformColumns({ transforms }: Definitions, files: Files) {
  const [programs, replacements, texts] = [new Programs(), new Texts(), new Texts()];
  for (const { source, replacement } of transforms) {
    programs.push(source);
    replacements.push(replacement);
    texts.push(`xfm:${source}:${replacement}`);
  }
  const [transformSizes, transformWords] = programs.columns();
  return {
    transformSizes,
    transformWords,
    transformReplacements: replacements.bytes(),
    transformTexts: texts.bytes(),
    transformFiles: Uint32Array.from(transforms, ({ file }) => files.position(file)),
    transformLines: Uint32Array.from(transforms, ({ line }) => line),
  };
}

async function listColumns({ domainLists }: Definitions) {
  const [categories, listedIn, listedNames] = [new Texts(), new Numbers(), new Texts()];
  let rows = 0;
  for (const [list, { category, domains }] of domainLists.entries()) {
    categories.push(category);
    for (const domain of domains) {
      if (++rows % rowsOfATurn === 0) await turn();
      listedIn.push(list);
      listedNames.push(domain);
    }
  }
  return {
    listPriorities: Uint32Array.from(domainLists, ({ priority }) => priority),
    listCategories: categories.bytes(),
    listedIn: listedIn.words(),
    listedNames: listedNames.bytes(),
  };
}
