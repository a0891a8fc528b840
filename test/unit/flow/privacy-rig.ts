// What the tests of the privacy filter share: a filter without a log, and flows made from the example of the schema.
import assert from 'node:assert/strict';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import type { PrivacyOptions } from '../../../src/flow/privacy-options.js';
import { examples } from '../messages/examples.js';

const silent = { error: () => {} } as unknown as PrivacyOptions['log'];
export const create = (options: Omit<PrivacyOptions, 'log'>) =>
  PrivacyFilter.create({ log: silent, ...options });

// biome-ignore lint/suspicious/noExplicitAny: the tests look into messages of all shapes
export type Message = any;
export const flowOf = (members: object): Message => ({
  ...structuredClone(examples.flow),
  flow: { ...structuredClone(examples.flow.flow), ...members },
});
export const redacted = (filter: PrivacyFilter, message: object): Message => {
  const result = filter.redact(message);
  assert.ok(result);
  return result;
};
