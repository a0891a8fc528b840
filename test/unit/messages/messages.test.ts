// The schemas themselves: they accept the documented shape, refuse every departure from it, carry their
// documentation, and name the same fields as the C++ tables that write the lines.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { reasons } from '../../../src/messages/flow-purge.js';
import { type FlowPurge, type MessageType, messages } from '../../../src/messages/index.js';
import { metadata } from '../../../src/messages/metadata.js';
import { tunnels } from '../../../src/messages/tunnels.js';
import { parseMessage, validateMessage } from '../../../src/messages/validate.js';
import { examples } from './examples.js';

interface Node {
  type?: string;
  description?: string;
  properties?: Record<string, Node>;
  required?: string[];
  additionalProperties?: boolean;
  'x-unit'?: string;
}

const types = Object.keys(messages) as MessageType[];
const core = (name: string) =>
  readFileSync(new URL(`../../../../addon/core/${name}`, import.meta.url), 'utf8');

/** Every property of a schema with its path, objects before what is in them. */
function* properties(node: Node, path = ''): Generator<[path: string, node: Node, parent: Node]> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    yield [`${path}${name}`, child, node];
    yield* properties(child, `${path}${name}.`);
  }
}

function change(
  value: object,
  path: string,
  edit: (parent: Record<string, unknown>, key: string) => void,
) {
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() as string;
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  edit(at, last);
  return copy;
}

const has = (value: object, path: string) =>
  path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value) !==
  undefined;

describe('messages', () => {
  for (const type of types) {
    describe(type, () => {
      const schema = messages[type] as unknown as Node;

      it('accepts its example', () => {
        assert.deepEqual(validateMessage(examples[type]), []);
      });

      it('refuses the example without any of the required properties', () => {
        let tried = 0;
        for (const [path, , parent] of properties(schema)) {
          const name = path.split('.').at(-1) as string;
          if (path === 'type' || !parent.required?.includes(name) || !has(examples[type], path))
            continue;
          const broken = change(examples[type], path, (at, key) => delete at[key]);
          assert.notDeepEqual(validateMessage(broken), [], `without ${path}`);
          tried += 1;
        }
        const required = schema.required?.filter((name) => name !== 'type') ?? [];
        assert.ok(tried >= required.length, `${tried} properties tried`);
      });

      it('refuses a value of another type in any property', () => {
        for (const [path] of properties(schema)) {
          if (path === 'type' || !has(examples[type], path)) continue;
          const broken = change(examples[type], path, (at, key) => {
            at[key] = null;
          });
          assert.notDeepEqual(validateMessage(broken), [], `null in ${path}`);
        }
      });

      it('refuses a key that it does not know, at every level', () => {
        const objects = [
          '',
          ...[...properties(schema)].filter(([, n]) => n.properties).map(([p]) => `${p}.`),
        ];
        for (const prefix of objects.filter(
          (p) => p === '' || has(examples[type], p.slice(0, -1)),
        )) {
          const broken = change(examples[type], `${prefix}surprise`, (at, key) => {
            at[key] = 1;
          });
          assert.match(validateMessage(broken).join(), /surprise/);
        }
      });

      it('describes every property, with a unit for every counter', () => {
        for (const [path, node] of properties(schema)) {
          assert.ok(node.description, `${path} has no description`);
          if (/_(bytes|packets|at)$/.test(path)) assert.ok(node['x-unit'], `${path} has no unit`);
        }
      });
    });
  }

  it('refuses what is no message', () => {
    for (const value of [null, 1, [], {}, { type: 'toString' }, { type: 7 }]) {
      assert.match(validateMessage(value).join(), /no message has the type/);
    }
    assert.throws(() => parseMessage('{"type":'), /not JSON/);
    assert.throws(() => parseMessage('{"type":"flow"}'), /interface.* in \{"type":"flow"\}/);
  });

  it('gives the static type that it checks', () => {
    const purge = parseMessage(JSON.stringify(examples.flow_purge)) as FlowPurge;
    const total: number = purge.flow.local_bytes + purge.flow.other_bytes;
    const sni: string | undefined = purge.flow.ssl?.client_sni;
    const tunnel: 'none' | string = purge.flow.tunnel;
    assert.deepEqual([total, sni, tunnel], [purge.flow.total_bytes, 'www.example.net', 'none']);
  });
});

describe('the schemas and the C++ tables', () => {
  it('name the same metadata, in the same groups and of the same type', () => {
    const rows = [
      ...core('metadata.h').matchAll(/X\((\w+), "(\w*)", "(\w+)", (text|number|list)\)/g),
    ];
    assert.ok(rows.length > 30, `${rows.length} rows read`);
    const native = rows.map(
      ([, , group, name, type]) => `${group ? `${group}.` : ''}${name} ${type}`,
    );
    const kinds: Record<string, string> = { string: 'text', integer: 'number', array: 'list' };
    const ours = [...properties({ properties: metadata as unknown as Record<string, Node> })]
      .filter(([, node]) => node.type !== 'object')
      .map(([path, node]) => `${path} ${kinds[node.type ?? '']}`);
    assert.deepEqual(ours.toSorted(), native.toSorted());
  });

  it('list the tunnels in the same order', () => {
    const body = /enum class Tunnel : uint8_t \{([^}]*)\}/.exec(core('flow_key.h'))?.[1] ?? '';
    assert.deepEqual(
      body.split(',').map((s) => s.trim()),
      [...tunnels],
    );
  });

  it('list the reasons in the same order', () => {
    const body = /enum class Expiry : uint8_t \{([^}]*)\}/.exec(core('flow.h'))?.[1] ?? '';
    assert.deepEqual(
      body.split(',').map((s) => s.trim()),
      [...reasons],
    );
  });
});
