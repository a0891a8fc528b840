// What every message about a flow has around its `flow` object, and the small vocabulary that the schemas share.
// `x-unit` and `x-netifyd` are annotations: the unit of a number, and the field of netifyd that it equals. What else is
// known of a field (since, example, names elsewhere) is a row in reference/.
import { type TProperties, Type } from 'typebox';

/** Annotations of a property: its words, its unit, and netifyd's name for it (version where it differs). */
export type Notes = {
  description: string;
  'x-unit'?: string;
  'x-netifyd'?: string;
};

export function count(unit: string, description: string, netifyd?: string) {
  return Type.Integer({ minimum: 0, ...notes(description, netifyd), 'x-unit': unit });
}

export function epochMs(description: string, netifyd?: string) {
  return Type.Integer({
    minimum: 0,
    ...notes(description, netifyd),
    'x-unit': 'ms since 1970 UTC',
  });
}

export function text(description: string, netifyd?: string) {
  return Type.String({ ...notes(description, netifyd) });
}

export function flag(description: string, netifyd?: string) {
  return Type.Boolean({ ...notes(description, netifyd) });
}

/** One of a closed list of words. */
export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
  description: string,
  netifyd?: string,
) {
  return Type.Unsafe<Words[number]>({
    type: 'string',
    enum: [...words],
    ...notes(description, netifyd),
  });
}

export function notes(description: string, netifyd?: string): Notes {
  return netifyd === undefined ? { description } : { description, 'x-netifyd': netifyd };
}

export function amount(unit: string, description: string, netifyd?: string) {
  return Type.Number({ minimum: 0, ...notes(description, netifyd), 'x-unit': unit });
}

/** First in every message that a stream carries; absent in lines that have not passed one. */
export const sequence = {
  seq: Type.Optional(
    count(
      'messages',
      'Position among the messages that this run of the daemon has published, counted from 1; a gap is a loss. What is sent to one client alone (greeting, snapshot) repeats the number of the last published message.',
    ),
  ),
} satisfies TProperties;

/** The members between `type` (and `reason`) and `flow`. */
export const envelope = {
  interface: text(
    'Where the packets came from: the name of the interface, or the path of the capture file as given.',
    'interface',
  ),
  internal: flag(
    'The source watches the local side of the network (netifyd: role LAN).',
    'internal',
  ),
  established: flag(
    'The flow was already known when the receiver connected; the message repeats its state.',
    'established',
  ),
} satisfies TProperties;

/** A closed object: a key that is not in the schema is an error, here and in every consumer's tests. */
export function closed<Properties extends TProperties>(
  properties: Properties,
  options: { title?: string; description?: string; $id?: string } = {},
) {
  return Type.Object(properties, { ...options, additionalProperties: false });
}
