// What is allowed but probably not meant: settings without effect, secrets that others can read. One line each.
import { statSync } from 'node:fs';
import type { Place } from './assemble.js';
import { originText } from './problems.js';
import type { Config } from './schema/index.js';

export function remarks(config: Config, places: ReadonlyMap<string, Place>): string[] {
  const lines: string[] = [];
  const remark = (pointer: string, message: string) => {
    const place = places.get(pointer);
    if (place === undefined || place.origin.kind === 'default') return;
    const line = `${originText(place.origin)}: ${place.name} ${message}`;
    if (!lines.includes(line)) lines.push(line); // a default of all interfaces would say it for each
  };

  const { dipperd, socket, capture_defaults_tpv3: ring, interfaces } = config;
  if (!dipperd.json_save) {
    const idle = 'has no effect while json_save = no';
    const usual = `${dipperd.path_state_volatile}/sink-request.json`;
    if (dipperd.json_save_path !== usual) remark('/dipperd/json_save_path', idle);
    if (dipperd.json_save_history > 0) remark('/dipperd/json_save_history', idle);
  }
  if (dipperd.max_flows === 0) remark('/dipperd/max_flows', '= 0 is the default, not "no limit"');
  const rings = [
    ['/capture_defaults_tpv3', ring] as const,
    ...interfaces.map((one, i) => [`/interfaces/${i}`, one] as const),
  ];
  for (const [at, { fanout_mode, fanout_instances }] of rings) {
    if (fanout_mode === 'none' && fanout_instances > 1)
      remark(`${at}/fanout_instances`, 'has no effect while fanout_mode = none');
  }
  for (const [i, keys] of socket.listeners.entries()) {
    const at = `/socket/listeners/${i}`;
    if (keys.listen_address === undefined) continue;
    if (keys.insecure && keys.tls_cert === undefined)
      remark(`${at}/insecure`, `lets everybody read who reaches ${keys.listen_address}`);
    const origin = places.get(`${at}/token`)?.origin;
    if (keys.token !== undefined && origin?.kind === 'file' && othersRead(origin.path))
      remark(`${at}/token`, 'stands in a file that every user can read; chmod o-r, or token_file');
  }
  return lines;
}

function othersRead(path: string): boolean {
  try {
    return (statSync(path).mode & 0o004) !== 0;
  } catch {
    return false; // it was read a moment ago; whoever removed it knows
  }
}
