// The records of netifyd 4.x and 5 (`app: dom: net: xfm: nsd:`), and those that dipper adds. netifyd skips types that it does
// not know, so that it reads our files, too.
import { didYouMean } from '../config/problems.js';
import { applicationId, type Collection, type FileRules, isTag } from './collection.js';
import { domainName } from './domain-name.js';
import { network } from './network.js';

/** A line, and where in it the record's text begins (behind the first colon). By position: files have 100,000 of them. */
type Handler = (
  collection: Collection,
  from: FileRules,
  line: number,
  text: string,
  start: number,
) => void;

/** `column` is that of the value, from 1. */
type ValueHandler = (
  collection: Collection,
  from: FileRules,
  line: number,
  column: number,
  id: number,
  value: string,
) => void;

/** A record `TYPE:ID:value`. A bad id, or nothing behind it, is reported here. */
const withId =
  (handle: ValueHandler): Handler =>
  (collection, from, line, text, start) => {
    const colon = text.indexOf(':', start);
    const id = applicationId(text, start, colon < 0 ? text.length : colon);
    const type = () => text.slice(0, start - 1);
    if (id === undefined || colon < 0) {
      const message = `write ${type()}:ID:..., the id being a number from 1 to 2147483647`;
      collection.problems.add('error', from.file, line, message, start + 1);
    } else if (colon + 1 === text.length) {
      const message = `nothing follows ${type()}:${id}:`;
      collection.problems.add('error', from.file, line, message, colon + 2);
    } else handle(collection, from, line, colon + 2, id, text.slice(colon + 1));
  };

const handlers: ReadonlyMap<string, Handler> = new Map(
  Object.entries<Handler>({
    app: withId((collection, from, line, at, id, value) => {
      if (isTag(value)) collection.declare(from, line, id, value);
      else {
        const message = 'a tag has letters, digits, and . _ + - between them: dipper.example';
        collection.problems.add('error', from.file, line, message, at);
      }
    }),
    dom: withId((collection, from, line, at, id, value) => {
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
    net: withId((collection, from, line, at, id, value) => {
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
      collection.add(from, {
        kind: 'prefix',
        application: id,
        file,
        line,
        priority,
        address,
        bits,
      });
    }),
    lib: withId((collection, from, line, _, id, value) => {
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
    rex: withId((collection, from, line, at, id, value) => {
      const problem = collection.expressionProblem(value, '');
      if (problem !== undefined) {
        collection.problems.add('error', from.file, line, problem, at);
        return;
      }
      const { file, priority } = from;
      collection.add(from, { kind: 'regex', application: id, file, line, priority, source: value });
    }),
    nam: withId((collection, { file }, line, _, id, value) => {
      collection.rename(id, { file, line }, value);
    }),
    cat: withId((collection, { file }, line, _, id, value) => {
      collection.categorise(id, { file, line }, value);
    }),
    xfm(collection, { file }, line, text, start) {
      const rest = text.slice(start);
      // Expressions have colons, too; replacements hardly ever.
      const colon = rest.lastIndexOf(':');
      const problem =
        colon < 1
          ? 'write xfm:EXPRESSION:REPLACEMENT'
          : collection.expressionProblem(rest.slice(0, colon), rest.slice(colon + 1));
      if (problem !== undefined) collection.problems.add('error', file, line, problem, start + 1);
      else
        collection.transforms.push({
          source: rest.slice(0, colon),
          replacement: rest.slice(colon + 1),
          file,
          line,
        });
    },
    category(collection, { file }, line, text, start) {
      const rest = text.slice(start);
      const colon = rest.indexOf(':');
      const word = colon < 0 ? rest : rest.slice(0, colon);
      if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(word)) {
        const message = 'a category is a word of a-z, 0-9 and -; write category:WORD:DESCRIPTION';
        collection.problems.add('error', file, line, message, start + 1);
        return;
      }
      const description = colon < 0 ? '' : rest.slice(colon + 1).trim();
      collection.categories.set(word, { word, description, file, line });
    },
    priority(collection, from, line, text, start) {
      const rest = text.slice(start);
      if (/^-?\d{1,6}$/.test(rest)) from.priority = Number(rest);
      else {
        const message = 'write priority:NUMBER, from -999999 to 999999';
        collection.problems.add('error', from.file, line, message, start + 1);
      }
    },
    nsd(collection, { file }, line) {
      const message = "netifyd's soft dissectors are not supported; the line is not used";
      collection.problems.add('warning', file, line, message);
    },
  }),
);

/** One record, `TYPE:...`. */
export function record(collection: Collection, from: FileRules, line: number, text: string): void {
  const colon = text.indexOf(':');
  const type = colon < 0 ? text : text.slice(0, colon);
  const handler = colon < 0 ? undefined : handlers.get(type);
  if (handler !== undefined) {
    handler(collection, from, line, text, colon + 1);
    return;
  }
  const shown = type.slice(0, 40);
  const message = `${JSON.stringify(shown)} is no type of record${didYouMean(shown, handlers.keys())}`;
  collection.problems.add('error', from.file, line, message, 1);
}
