// The dependency rules of docs/architecture.md as a pure function over file texts, so that the test
// can show that a planted violation is found. Reads no files.
import { posix } from 'node:path';

// TypeScript, lowest first. A part may import what stands on a line above its own, and itself;
// parts on the same line do not know each other.
const layers: readonly (readonly string[])[] = [
  ['errors', 'log', 'regex'],
  ['addon', 'messages', 'config'],
  ['capture', 'flow', 'state'],
  ['applications', 'match'],
  ['actions'],
  ['sinks', 'ndpi-node'],
  ['daemon'],
  ['cli'],
];

// C++, lowest first, by the same rule.
// opener is a program of its own: it uses nothing of ours, and host speaks its protocol.
const nativeLayers = ['opener', 'core', 'sources', 'host', 'binding'];

interface HeaderRule {
  header: RegExp;
  allowed: RegExp;
  reason: string;
}

const headerRules: readonly HeaderRule[] = [
  {
    header: /^ndpi\w*\.h$/,
    allowed: /^addon\/core\/dpi[^/]*$/,
    reason: "nDPI's headers are for addon/core/dpi* alone",
  },
  {
    header: /^(napi|node_api|js_native_api|uv|v8|node)\.h$/,
    allowed: /^addon\/binding\//,
    reason: 'N-API is for addon/binding alone',
  },
  {
    header:
      /^(pcap(\/.*)?|zlib|fcntl|poll|sys\/(mman|socket|epoll|stat)|net\/.*|linux\/.*)(\.h)?$|^fstream$/,
    // dpi*: reads the lists for nDPI itself, because the library does not say why one failed.
    allowed: /^addon\/(sources\/|host\/|opener\/|binding\/|core\/dpi[^/]*$)/,
    reason: 'addon/core does no input or output',
  },
];

const level = (part: string) => layers.findIndex((layer) => layer.includes(part));
const partOf = (path: string) => path.split('/')[1]?.replace(/\.ts$/, '') ?? '';

export function importsOf(text: string): string[] {
  const statement =
    /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;
  const call = /\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(statement), ...text.matchAll(call)].map((m) => m[1] ?? m[2] ?? '');
}

export function includesOf(text: string): { system: boolean; header: string }[] {
  return [...text.matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)].map((m) => ({
    system: m[1] === '<',
    header: m[2] ?? '',
  }));
}

function checkTypeScript(path: string, text: string): string[] {
  const part = partOf(path);
  if (level(part) < 0) return [`${path}: "${part}" has no place in the layers of architecture.ts`];
  return importsOf(text).flatMap((specifier) => {
    if (specifier === '#addon') {
      return path === 'src/addon.ts' ? [] : [`${path}: only src/addon.ts may load #addon`];
    }
    if (!specifier.startsWith('.')) return [];
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.startsWith('src/')) return [`${path}: imports ${target}, outside src`];
    const other = partOf(target.replace(/\.js$/, '.ts'));
    if (other === part || (level(other) >= 0 && level(other) < level(part))) return [];
    return [`${path}: ${part} may not import ${other} (${specifier})`];
  });
}

function checkNative(path: string, text: string): string[] {
  const layer = path.split('/')[1] ?? '';
  return includesOf(text).flatMap(({ system, header }) => {
    const rule = headerRules.find((r) => r.header.test(header) && !r.allowed.test(path));
    if (rule) return [`${path}: includes ${header}: ${rule.reason}`];
    if (system || !header.includes('/')) return [];
    const folder = posix.join(header.startsWith('.') ? posix.dirname(path) : 'addon', header);
    const other = folder.split('/')[1] ?? '';
    const known = nativeLayers.includes(layer) && nativeLayers.includes(other);
    if (known && nativeLayers.indexOf(other) <= nativeLayers.indexOf(layer)) return [];
    return [`${path}: ${layer} may not include ${other} (${header})`];
  });
}

function checkName(path: string): string[] {
  const word = path.split('/').find((name) => /^(utils?|helpers?|common|misc)(\.|$)/.test(name));
  return word ? [`${path}: "${word}" says nothing; name it after what it does`] : [];
}

// Every rule that the given files (path from the repository's root -> text) break.
export function violations(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1;
    return [
      ...checkName(path),
      ...(lines > 400 ? [`${path}: ${lines} lines; split at 400`] : []),
      ...(/^src\/.*\.ts$/.test(path) ? checkTypeScript(path, text) : []),
      ...(/^addon\/.*\.(cc|h)$/.test(path) ? checkNative(path, text) : []),
    ];
  });
}
