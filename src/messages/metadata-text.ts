// The types of metadata that is text: bounded as the worker bounds it, and never empty.
import { Type } from 'typebox';
import { notes } from './envelope.js';

const maxText = 1024; // Metadata::max_text, in bytes; escapes do not count

export const value = (description: string, netifyd?: string) =>
  Type.String({ minLength: 1, maxLength: maxText, ...notes(description, netifyd) });

export const list = (description: string, netifyd?: string) =>
  Type.Array(Type.String({ maxLength: maxText }), { minItems: 1, ...notes(description, netifyd) });
