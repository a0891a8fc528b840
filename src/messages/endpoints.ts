// `endpoints`: which addresses each device of the local side has used, keyed by MAC beside `type` (netifyd 5.x), and what is
// known about these devices.
import { type Static, Type } from 'typebox';
import { EndpointDevice } from './device.js';
import { notes } from './envelope.js';
import { type Keyed, keyed } from './keyed.js';

const members = {
  devices: Type.Optional(
    Type.Record(Type.String(), EndpointDevice, {
      ...notes(
        'Names and vendors of these devices, by MAC, where something is known; absent when nothing is.',
      ),
    }),
  ),
} as const;

export const Endpoints = keyed(
  'endpoints',
  Type.Array(Type.String(), { minItems: 1 }),
  'Addresses seen since the last such message, by MAC: local interfaces only, no groups, bounded.',
  members,
);

export type Endpoints = Keyed<'endpoints', readonly string[]> & {
  readonly devices?: Readonly<Record<string, Static<typeof EndpointDevice>>>;
};
