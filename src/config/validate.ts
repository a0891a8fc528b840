// Bounds, words and patterns: ajv checks the assembled configuration against the schema; here its findings become
// sentences that name the key, the value and what to write instead.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Assembled } from './assemble.js';
import { didYouMean, type Problem } from './problems.js';
import { ConfigSchema } from './schema/index.js';
import { type Annotations, annotationNames } from './schema/values.js';
import { valueText } from './text.js';

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  if (compiled === undefined) {
    const ajv = new Ajv({ strict: true, allErrors: true, verbose: true });
    ajv.addVocabulary([...annotationNames]);
    compiled = ajv.compile(ConfigSchema);
  }
  return compiled;
}

/** What the schema refuses; empty when nothing is. */
export function validate({ config, places }: Assembled): Problem[] {
  const check = validator();
  if (check(config)) return [];
  return (check.errors ?? []).map((error) => {
    const place = places.get(error.instancePath) ?? parentPlace(error.instancePath, places);
    const name = place?.name ?? error.instancePath.slice(1).replaceAll('/', '.');
    return {
      origin: place?.origin ?? { kind: 'default' },
      message: `\`${name}\` ${sentence(error)}`,
    };
  });
}

/** The place of an element of `words`: that of the key. */
function parentPlace(pointer: string, places: Assembled['places']) {
  return places.get(pointer.slice(0, pointer.lastIndexOf('/')));
}

function sentence(error: ErrorObject): string {
  const schema = error.parentSchema as unknown as Annotations;
  const shown =
    schema['x-kind'] === 'secret' ? 'is not usable' : `is ${valueText(error.data, schema)}`;
  switch (error.keyword) {
    case 'minimum':
    case 'maximum':
      return `${shown}; it must be from ${bounds(schema)}`;
    case 'enum': {
      const known = error.params.allowedValues as string[];
      return `is ${String(error.data)}; choose from ${known.join(', ')}${didYouMean(String(error.data), known)}`;
    }
    case 'pattern':
      return `${shown}; ${pattern(schema)}`;
    case 'maxItems':
      return `has too many entries; at most ${error.params.limit}`;
    case 'maxLength':
      return `is longer than ${error.params.limit} characters; shorten it`;
    case 'uniqueItems':
      return 'says the same twice; remove one';
    default:
      return `${shown}; it ${error.message ?? `breaks the rule ${error.keyword}`}`;
  }
}

function bounds(schema: Annotations): string {
  const [least, most] = [schema.minimum, schema.maximum].map((n) => valueText(n, schema));
  const unit = schema['x-unit'] === undefined ? '' : ` ${schema['x-unit']}`;
  return `${least} to ${most}${schema['x-kind'] === 'size' ? '' : unit}`;
}

function pattern(schema: Annotations): string {
  switch (schema['x-kind']) {
    case 'mac':
      return 'write six bytes in hexadecimal, such as 00:53:00:00:00:01';
    case 'uuid':
      return 'write four pairs of letters and digits, such as AB-12-CD-34';
    case 'secret':
      return 'write 16 to 512 printable characters without blanks';
    default:
      return 'write a name without blanks and slashes, at most 64 characters';
  }
}
