// Our own set on the wire: a TLS flow and a DNS flow for each application, through the whole engine, are named as the
// definitions say, and those for popular names of others are named nothing of ours.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applicationColumns } from '../../../src/applications/columns.js';
import type { Definitions } from '../../../src/applications/definitions.js';
import { loadDefinitions } from '../../../src/applications/load.js';
import { shippedApplications } from '../../../src/applications/shipped.js';
import { Applications } from '../../../src/capture/applications.js';
import { Engine } from '../../../src/capture/engine.js';
import { folder } from './files.js';
import { captureOf } from './hellos.js';
import { unrelatedNames } from './unrelated-names.js';

describe('the set of applications, recognised in traffic', function () {
  this.timeout(60_000);
  let definitions: Definitions;
  let applications: Applications;
  const root = folder();

  before(async () => {
    definitions = await loadDefinitions({ directories: [shippedApplications] });
    applications = new Applications(await applicationColumns(definitions));
  });

  /** The application of each name's flow, in the order of the names. */
  async function recognised(kind: 'tls' | 'dns', names: readonly string[]): Promise<string[]> {
    const path = join(root, `${kind}-${names.length}.pcap`);
    writeFileSync(path, captureOf(kind, names));
    const engine = new Engine({
      source: { type: 'pcap-file', path },
      events: ['expired'],
      expiry: 'none',
      applications,
    });
    const tags = new Array<string>(names.length).fill('no flow');
    for await (const messages of engine.events())
      for (const message of messages)
        if (message.type === 'flow_purge') {
          const { flow } = message;
          const port = flow.local_origin ? flow.local_port : flow.other_port;
          tags[port - 1024] = flow.detected_application_name;
        }
    return tags;
  }

  /** A domain of each application: `which` chooses among them. */
  const domainOf = (id: number, which: 0 | -1) =>
    definitions.rules
      .filter((rule) => rule.kind === 'domain' && rule.application === id)
      .map((rule) => (rule.kind === 'domain' ? rule.name : ''))
      .at(which) ?? '';

  for (const [kind, which] of [
    ['tls', 0],
    ['dns', -1],
  ] as const)
    it(`${kind.toUpperCase()}: every application by one of its domains`, async () => {
      const all = definitions.applications;
      const names = all.map(({ id }) => `w.${domainOf(id, which)}`);
      const tags = await recognised(kind, names);
      assert.deepEqual(
        tags.map((tag, i) => `${names[i]} ${tag}`),
        all.map(({ tag }, i) => `${names[i]} ${tag}`),
      );
    });

  it('none of the popular names of others', async () => {
    const names = unrelatedNames();
    const tags = await recognised('tls', names);
    assert.deepEqual(
      names
        .filter((_, i) => tags[i] !== 'Unknown')
        .map((name) => `${name} ${tags[names.indexOf(name)]}`),
      [],
    );
  });
});
