// A loaded configuration as text (a file that can be read again) and as JSON, with where each value is from. Secrets
// are masked in both.
import type { TSchema } from 'typebox';
import type { LoadedConfig } from './load.js';
import { masked } from './plan.js';
import { originText } from './problems.js';
import { interfaceSection, sections } from './schema/index.js';
import type { Annotations } from './schema/values.js';
import { itemOf } from './store.js';
import { fileText } from './text.js';

interface Row {
  readonly section: string;
  /** With index. */
  readonly key: string;
  readonly text: string;
  readonly origin: string;
}

/** Sections with their keys; with `origin` each line ends in a comment that says where its value is from. */
export function showText(loaded: LoadedConfig, { origin }: { origin: boolean }): string {
  const all = rows(loaded);
  const names = [
    ...sections.map(({ name }) => name),
    ...loaded.config.interfaces.map(({ name }) => `${interfaceSection.prefix}${name}`),
  ];
  return names
    .map((name) => {
      const lines = all
        .filter(({ section }) => section === name)
        .map(({ key, text, origin: from }) => [`${key} = ${text}`.trimEnd(), from] as const);
      const wide = Math.min(60, Math.max(0, ...lines.map(([line]) => line.length)));
      const body = lines.map(([line, from]) =>
        origin ? `${line.padEnd(wide)}  ; ${from}\n` : `${line}\n`,
      );
      return `[${name}]\n${body.join('')}`;
    })
    .join('\n');
}

/** `{file, config, origins?}` as one line of JSON; `origins` has the names of the keys as the text has them. */
export function showJson(loaded: LoadedConfig, { origin }: { origin: boolean }): string {
  const { socket } = loaded.config;
  const listeners = socket.listeners.map(({ token, ...rest }) =>
    token === undefined ? rest : { ...rest, token: masked },
  );
  const config = { ...loaded.config, socket: { ...socket, listeners } };
  const origins = Object.fromEntries(
    [...loaded.places.values()].map((place) => [place.name, originText(place.origin)]),
  );
  const file = loaded.file ?? null;
  return `${JSON.stringify(origin ? { file, config, origins } : { file, config })}\n`;
}

function rows({ config, places }: LoadedConfig): Row[] {
  return [...places].flatMap(([pointer, { name, origin }]): Row[] => {
    const steps = pointer.split('/').slice(1);
    // The values that an interface has from the defaults are shown there.
    const isInherited = !name.startsWith(interfaceSection.prefix);
    if (steps[0] === 'interfaces' && (isInherited || steps[2] === 'name')) return [];
    const value = steps.reduce<unknown>(
      (at, step) => (at as Record<string, unknown>)[step],
      config,
    );
    if (value === undefined) return [];
    const schema = schemaOf(steps);
    const dot = name.lastIndexOf('.');
    const text = schema['x-kind'] === 'secret' ? masked : fileText(value, schema);
    return [
      { section: name.slice(0, dot), key: name.slice(dot + 1), text, origin: originText(origin) },
    ];
  });
}

/** The annotations of the key that a pointer leads to. */
function schemaOf(steps: readonly string[]): Annotations {
  const key = steps.findLast((step) => !/^\d+$/.test(step)) as string;
  const section = sections.find(({ property }) => property === steps[0]);
  const keys: object = { ...(section ?? interfaceSection).keys, ...section?.group?.keys };
  const schema = (keys as Record<string, TSchema>)[key] as TSchema;
  return (itemOf(schema) ?? schema) as unknown as Annotations;
}
