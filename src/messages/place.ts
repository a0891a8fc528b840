// Where the other side of a flow is and whose network it is in, from the databases that the operator names.
import { type Static, Type } from 'typebox';
import { closed, count, notes, text } from './envelope.js';

const degrees = (most: number, description: string) =>
  Type.Number({ minimum: -most, maximum: most, ...notes(description), 'x-unit': 'degrees' });

const Geo = closed(
  {
    continent: Type.Optional(text('Code of the continent: `EU`.')),
    country: Type.Optional(text('Country, ISO 3166-1 alpha-2: `DE`.')),
    country_name: Type.Optional(text('Its name in English.')),
    region: Type.Optional(text('Subdivision, the part of ISO 3166-2 after the country: `BE`.')),
    region_name: Type.Optional(text('Its name in English.')),
    city: Type.Optional(text('City, in English.')),
    location: Type.Optional(
      closed(
        {
          lat: degrees(90, 'Latitude, north positive.'),
          lon: degrees(180, 'Longitude, east positive.'),
        },
        { description: 'Where about that is.' },
      ),
    ),
  },
  { description: 'Where `other_ip` is, as the database has it; remote addresses only.' },
);

const As = closed(
  {
    number: count('AS number', 'Autonomous system that announces `other_ip`.'),
    organization: Type.Optional(text('Who runs it.')),
  },
  { description: 'Autonomous system of `other_ip`; remote addresses only.' },
);

export const placeMembers = { geo: Type.Optional(Geo), as: Type.Optional(As) } as const;

export type Geo = Static<typeof Geo>;
export type AutonomousSystem = Static<typeof As>;

export interface Place {
  readonly geo?: Geo;
  readonly as?: AutonomousSystem;
}
