// The records of netifyd 4.x and 5 (`app: dom: net: xfm: nsd:`), and those that dipper adds. netifyd skips types that it does
// not know, so that it reads our files, too.
import { didYouMean } from '../config/problems.js';
import { applicationId, type Collection, type FileRules, isTag } from './collection.js';
import { domainName } from './domain-name.js';
import { network } from './network.js';

/** A record of `line`, cut at its first colon; `at` is the column where `rest` begins. */
export interface Record {
  readonly line: number;
  readonly type: string;
  readonly rest: string;
  readonly at: number;
}

type Handler = (collection: Collection, from: FileRules, record: Record) => void;

/** A record `ID:value`: the handler gets both. A bad id is reported here. */
const withId =
  (
    handle: (
      collection: Collection,
      from: FileRules,
      record: Record & { id: number; value: string },
    ) => void,
  ): Handler =>
  (collection, from, record) => {
    const { line, type, rest, at } = record;
    const colon = rest.indexOf(':');
    const id = applicationId(colon < 0 ? '' : rest.slice(0, colon));
    if (id === undefined) {
      const message = `write ${type}:ID:..., the id being a number from 1 to 2147483647`;
      collection.problems.add('error', from.file, line, message, at);
      return;
    }
    const value = rest.slice(colon + 1);
    if (value === '') {
      const message = `nothing follows ${type}:${id}:`;
      collection.problems.add('error', from.file, line, message, at + colon + 1);
      return;
    }
    handle(collection, from, { ...record, at: at + colon + 1, id, value });
  };

const handlers: Readonly<{ [type: string]: Handler }> = {
  app: withId((collection, from, { line, at, id, value }) => {
    if (isTag(value)) collection.declare(from, line, id, value);
    else {
      const message = 'a tag has letters, digits, and . _ + - between them: dipper.example';
      collection.problems.add('error', from.file, line, message, at);
    }
  }),
  dom: withId((collection, from, { line, at, id, value }) => {
    const name = domainName(value);
    if (typeof name !== 'string') {
      collection.problems.add('error', from.file, line, name.message, at + name.at);
      return;
    }
    const { file, priority } = from;
    collection.add(from, {
      kind: 'domain',
      application: id,
      file,
      line,
      priority,
      name,
      exact: true,
      subdomains: true,
    });
  }),
  net: withId((collection, from, { line, at, id, value }) => {
    const found = network(value);
    if (found === undefined) {
      const message = `${JSON.stringify(value)} is no network; write 192.0.2.0/24 or 2001:db8::/32`;
      collection.problems.add('error', from.file, line, message, at);
      return;
    }
    const { address, bits, cut } = found;
    if (cut) {
      const message = `bits behind the length are set; used as ${address}/${bits}`;
      collection.problems.add('warning', from.file, line, message, at);
    }
    const { file, priority } = from;
    collection.add(from, { kind: 'prefix', application: id, file, line, priority, address, bits });
  }),
  lib: withId((collection, from, { line, id, value }) => {
    const { file, priority } = from;
    collection.add(from, {
      kind: 'library',
      application: id,
      file,
      line,
      priority,
      protocol: value,
    });
  }),
  rex: withId((collection, from, { line, at, id, value }) => {
    const problem = collection.expressionProblem(value, '');
    if (problem !== undefined) {
      collection.problems.add('error', from.file, line, problem, at);
      return;
    }
    const { file, priority } = from;
    collection.add(from, { kind: 'regex', application: id, file, line, priority, source: value });
  }),
  nam: withId((collection, { file }, { line, id, value }) => {
    collection.rename(id, { file, line }, value);
  }),
  cat: withId((collection, { file }, { line, id, value }) => {
    collection.categorise(id, { file, line }, value);
  }),
  xfm(collection, { file }, { line, rest, at }) {
    // Expressions have colons, too; replacements hardly ever.
    const colon = rest.lastIndexOf(':');
    const problem =
      colon < 1
        ? 'write xfm:EXPRESSION:REPLACEMENT'
        : collection.expressionProblem(rest.slice(0, colon), rest.slice(colon + 1));
    if (problem !== undefined) collection.problems.add('error', file, line, problem, at);
    else
      collection.transforms.push({
        source: rest.slice(0, colon),
        replacement: rest.slice(colon + 1),
        file,
        line,
      });
  },
  category(collection, { file }, { line, rest, at }) {
    const colon = rest.indexOf(':');
    const word = colon < 0 ? rest : rest.slice(0, colon);
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(word)) {
      const message = 'a category is a word of a-z, 0-9 and -; write category:WORD:DESCRIPTION';
      collection.problems.add('error', file, line, message, at);
      return;
    }
    const description = colon < 0 ? '' : rest.slice(colon + 1).trim();
    collection.categories.set(word, { word, description, file, line });
  },
  priority(collection, from, { line, rest, at }) {
    if (/^-?\d{1,6}$/.test(rest)) from.priority = Number(rest);
    else {
      const message = 'write priority:NUMBER, from -999999 to 999999';
      collection.problems.add('error', from.file, line, message, at);
    }
  },
  nsd(collection, { file }, { line }) {
    const message = "netifyd's soft dissectors are not supported; the line is not used";
    collection.problems.add('warning', file, line, message);
  },
};

/** One record; false when its type is none of ours. */
export function record(collection: Collection, from: FileRules, line: number, text: string): void {
  const colon = text.indexOf(':');
  const type = colon < 0 ? text : text.slice(0, colon);
  const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (colon < 0 || handler === undefined) {
    const shown = JSON.stringify(type.slice(0, 40));
    const message = `${shown} is no type of record${didYouMean(type.slice(0, 40), Object.keys(handlers))}`;
    collection.problems.add('error', from.file, line, message, 1);
    return;
  }
  handler(collection, from, { line, type, rest: text.slice(colon + 1), at: colon + 2 });
}
