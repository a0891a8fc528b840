// Names and ids of libndpi as the messages give them to clients.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protocolNames } from '../../../src/capture/protocols.js';
import { DipperError } from '../../../src/errors.js';
import { definitions } from '../../../src/messages/definitions.js';
import { protocols } from '../../../src/messages/protocols.js';
import { validateMessage } from '../../../src/messages/validate.js';

describe('names of protocols', function () {
  this.timeout(20_000);
  const names = protocolNames();

  it('have one id each, and the messages take them', () => {
    for (const list of [names.protocols, names.categories, names.risks]) {
      assert.equal(new Set(list.map(({ id }) => id)).size, list.length);
      assert.ok(list.length > 20 && list.every(({ name }) => name !== ''));
    }
    assert.deepEqual(validateMessage(protocols(names.protocols)), []);
    assert.deepEqual(validateMessage(definitions(names.protocols)), []);
  });

  it('tell applications from what carries them', () => {
    const by = new Map(names.protocols.map((row) => [row.name, row]));
    for (const name of ['TLS', 'HTTP', 'DNS', 'QUIC', 'SSH', 'NTP', 'MDNS', 'SMTPS', 'Unknown'])
      assert.equal(by.get(name)?.application, false, name);
    for (const name of ['Google', 'Facebook', 'NetFlix'])
      assert.equal(by.get(name)?.application, true, name);
    const category = names.categories.find(({ id }) => id === by.get('NetFlix')?.category);
    assert.equal(category?.name, 'Video');
  });

  it('contain those of a protocols file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dipper-names-'));
    const file = join(folder, 'protocols.txt');
    writeFileSync(file, 'host:"intranet.example.org"@IntranetPortal\n');
    const row = protocolNames({ protocols: file }).protocols.at(-1);
    rmSync(folder, { recursive: true });
    assert.equal(row?.name, 'IntranetPortal');
    assert.equal(row?.application, true);
    assert.ok(!names.protocols.some(({ name }) => name === 'IntranetPortal'));
  });

  it('say which file cannot be loaded', () => {
    assert.throws(
      () => protocolNames({ categories: '/nonexistent' }),
      (error) =>
        error instanceof DipperError &&
        error.code === 'ERR_NDPI_FILE' &&
        error.message.includes('/nonexistent'),
    );
  });
});
