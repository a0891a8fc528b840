// Our own set: whole, each application with its source and found by its domains, nothing claimed that is another's, and
// no id that ever changes its meaning.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Definitions, DomainRule } from '../../../src/applications/definitions.js';
import { loadDefinitions } from '../../../src/applications/load.js';
import { Lookup } from '../../../src/applications/lookup.js';
import { defaultSources, shippedApplications } from '../../../src/applications/shipped.js';
import { protocolNames } from '../../../src/capture/protocols.js';
import { unrelatedNames, words } from './unrelated-names.js';

/** What libndpi calls applications, but what is a protocol, or a service that has ended. */
const notApplications = new Set(['OCSP', 'VRRP', 'GTP_U', 'GTP_C', 'GTP_PRIME', 'FREE_64']);

describe('the set of applications', function () {
  this.timeout(20_000);
  let definitions: Definitions;
  let lookup: Lookup;
  let domains: ReadonlyMap<number, DomainRule[]>;

  before(async () => {
    definitions = await loadDefinitions({ directories: [shippedApplications] });
    lookup = new Lookup(definitions);
    const byApplication = new Map<number, DomainRule[]>();
    for (const rule of definitions.rules)
      if (rule.kind === 'domain')
        byApplication.set(rule.application, [...(byApplication.get(rule.application) ?? []), rule]);
    domains = byApplication;
  });

  it('has no problem of any kind', () => assert.deepEqual(definitions.problems, []));

  it('is as large as it says', () => {
    assert.ok(definitions.applications.length >= 150);
    assert.ok(definitions.rules.filter(({ kind }) => kind === 'domain').length >= 600);
  });

  it('gives every application a tag of ours, a name, a category and a domain', () => {
    for (const { id, tag, name, category } of definitions.applications) {
      assert.match(tag, /^dipper\.[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.ok(name !== '' && category !== 'unclassified', tag);
      assert.ok((domains.get(id)?.length ?? 0) >= 1, `${tag} has no domain`);
    }
    const { applications } = definitions;
    assert.equal(new Set(applications.map(({ tag }) => tag)).size, applications.length);
    assert.equal(new Set(applications.map(({ name }) => name)).size, applications.length);
  });

  it('says the source of every application above it', () => {
    for (const file of readdirSync(shippedApplications)) {
      const lines = readFileSync(join(shippedApplications, file), 'utf8').split('\n');
      for (const [i, line] of lines.entries())
        if (line.startsWith('app:')) assert.match(lines[i - 1] ?? '', /^# https:\/\//, line);
    }
  });

  it('finds every application by each of its domains, and by what is below it', () => {
    for (const { id, tag } of definitions.applications)
      for (const { name } of domains.get(id) ?? [])
        for (const asked of [name, `x1.${name}`])
          assert.equal(lookup.name(asked)[0]?.application.tag, tag, asked);
  });

  it('has domain lists, whose categories exist', async () => {
    const listed = await loadDefinitions({
      directories: [shippedApplications],
      domainDirectories: [defaultSources.domainDirectories[0]],
    });
    const lists = new Lookup(listed);
    assert.ok(listed.domainLists.length >= 3);
    assert.equal(lists.category('www.mit.edu')?.category, 'education');
    assert.equal(lists.category('www.gov.uk')?.category, 'government');
    assert.equal(lists.category('www.lemonde.fr')?.category, 'news');
    assert.equal(lists.category('www.example.com'), undefined);
  });

  it('claims none of more than a thousand popular names of others', () => {
    const names = unrelatedNames();
    assert.ok(names.length >= 1000);
    assert.equal(new Set(names).size, names.length);
    const claimed = names
      .flatMap((name) => [name, `www.${name}`])
      .filter((name) => lookup.name(name).length > 0);
    assert.deepEqual(claimed, []);
  });

  it('never gives an id to another application', () => {
    const table = new Map<number, string>();
    for (const line of words(join(dirname(shippedApplications), 'application-ids.txt'))) {
      const [, id, tag, retired] = /^(\d+) (dipper\.\S+)( retired)?$/.exec(line) ?? [];
      assert.ok(id !== undefined && tag !== undefined, line);
      assert.equal(Number(id), 100_001 + table.size, `${line}: the table has every id, in order`);
      assert.ok(![...table.values()].includes(tag), `${tag} is there twice`);
      table.set(Number(id), tag);
      const used = definitions.applications.some((a) => a.id === Number(id));
      assert.equal(used, retired === undefined, `${line}: retired is what is not in the set`);
    }
    for (const { id, tag } of definitions.applications) assert.equal(table.get(id), tag);
  });

  it('keeps a name for everything that libndpi calls an application', () => {
    const nameless = protocolNames()
      .protocols.filter(({ application, name }) => application && !notApplications.has(name))
      .filter(({ name }) => lookup.library(name).length === 0)
      .map(({ name }) => name);
    assert.deepEqual(nameless, []);
  });
});
