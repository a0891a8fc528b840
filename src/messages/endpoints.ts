// `endpoints`: which addresses each device of the local side has used, keyed by MAC beside `type` (netifyd 5.x).
import { type Static, Type } from 'typebox';
import { keyed } from './keyed.js';

export const Endpoints = keyed(
  'endpoints',
  Type.Array(Type.String(), { minItems: 1 }),
  'Addresses seen since the last such message, by MAC: local interfaces only, no groups, bounded.',
);

export type Endpoints = Static<typeof Endpoints>;
