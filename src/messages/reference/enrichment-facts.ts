// Facts of what Dipper adds to a flow from other sources: names of devices, where the other side is.
import { type FactTable, within } from './facts.js';

// biome-ignore format: a row a field
const device: FactTable = {
  //               since    example  ECS  EVE  Zeek
  name:           ['0.1.0', 'laptop', 'host.name', '', ''],
  name_source:    ['0.1.0', 'dhcp', '', '', ''],
  vendor:         ['0.1.0', 'Example Devices Inc.', 'device.manufacturer', '', ''],
  randomized:     ['0.1.0', true, '', '', ''],
};

// biome-ignore format: a row a field
const place: FactTable = {
  'geo.continent':    ['0.1.0', 'EU', 'destination.geo.continent_code / source.geo.continent_code', '', ''],
  'geo.country':      ['0.1.0', 'DE', 'destination.geo.country_iso_code / source.geo.country_iso_code', '', 'conn.log resp_cc / orig_cc (package)'],
  'geo.country_name': ['0.1.0', 'Germany', 'destination.geo.country_name / source.geo.country_name', '', ''],
  'geo.region':       ['0.1.0', 'BE', 'destination.geo.region_iso_code / source.geo.region_iso_code (DE-BE)', '', ''],
  'geo.region_name':  ['0.1.0', 'Land Berlin', 'destination.geo.region_name / source.geo.region_name', '', ''],
  'geo.city':         ['0.1.0', 'Berlin', 'destination.geo.city_name / source.geo.city_name', '', ''],
  'geo.location.lat': ['0.1.0', 52.5, 'destination.geo.location / source.geo.location', '', ''],
  'geo.location.lon': ['0.1.0', 13.4, 'destination.geo.location / source.geo.location', '', ''],
  'as.number':        ['0.1.0', 64500, 'destination.as.number / source.as.number', '', ''],
  'as.organization':  ['0.1.0', 'Example Net', 'destination.as.organization.name / source.as.organization.name', '', ''],
};

export const enrichmentFacts: FactTable = {
  ...within('flow.local_device.', device),
  ...within('flow.other_device.', device),
  ...within('flow.', place),
  ...within('endpoints:devices.*.', {
    ...device,
    'names[].name': ['0.1.0', 'laptop', '', '', ''],
    'names[].source': ['0.1.0', 'mdns', '', '', ''],
  }),
};
