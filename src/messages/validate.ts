// Checks a message against its schema. For tests, tools and sinks that take lines from outside; the way from the
// engine to a sink does not pass here (ajv costs 60 ms to load and 5 us a message).
import { Ajv, type ErrorObject } from 'ajv';
import {
  type FlowMessage,
  flowMessages,
  type Message,
  type MessageType,
  messages,
} from './index.js';

const ajv = new Ajv({ strict: true, allErrors: true });
ajv.addVocabulary(['x-unit', 'x-netifyd']);
for (const schema of Object.values(messages)) ajv.addSchema(schema);

/** The message about a flow in `line`. Throws an Error that names every offence and quotes the line. */
export function parseMessage(line: string): FlowMessage {
  const message = parseAnyMessage(line);
  if (Object.hasOwn(flowMessages, message.type)) return message as FlowMessage;
  throw new Error(`not about a flow: ${line}`);
}

/** The message of any type in `line`. Throws as `parseMessage` does. */
export function parseAnyMessage(line: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error(`not JSON: ${line}`, { cause });
  }
  const offences = validateMessage(value);
  if (offences.length > 0) throw new Error(`${offences.join('; ')} in ${line}`);
  return value as Message;
}

/** What is wrong with `value` as a message; empty when nothing is. */
export function validateMessage(value: unknown): string[] {
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== 'string' || !Object.hasOwn(messages, type)) {
    return [`no message has the type ${JSON.stringify(type)}`];
  }
  const validate = ajv.getSchema(type as MessageType);
  if (validate === undefined) return [`the schema of ${type} is not compiled`];
  return validate(value) ? [] : (validate.errors ?? []).map(describe);
}

function describe(error: ErrorObject): string {
  const detail =
    error.keyword === 'additionalProperties' ? `: ${error.params.additionalProperty}` : '';
  return `${error.instancePath || '/'} ${error.message ?? error.keyword}${detail}`;
}
