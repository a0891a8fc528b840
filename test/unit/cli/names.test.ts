// SnabbWall's vocabulary.
import assert from 'node:assert/strict';
import { flowName, wallName } from '../../../src/cli/names.js';

describe('wallName', () => {
  for (const [library, wall] of [
    ['HTTP', 'HTTP'],
    ['TLS', 'TLS'],
    ['IMAP', 'MAIL_IMAP'],
    ['POP3', 'MAIL_POP'],
    ['SMTP', 'MAIL_SMTP'],
    ['PostgreSQL', 'POSTGRES'],
    ['Usenet', 'USENET'],
    ['MPEG_TS', 'MPEGTS'],
    ['FTP_CONTROL', 'FTP_CONTROL'],
    ['Telnet', 'TELNET'],
    ['BitTorrent', 'BITTORRENT'],
    ['Skype_Teams', 'SKYPE'],
    ['MsSQL-TDS', 'MSSQL_TDS'],
    ['ICMPV6', 'IP_ICMPV6'],
    ['Unknown', 'UNKNOWN'],
    ['', 'UNKNOWN'],
    ['constructor', 'CONSTRUCTOR'],
  ] as const) {
    it(`calls ${library || 'nothing'} ${wall}`, () => assert.equal(wallName(library), wall));
  }
});

describe('flowName', () => {
  const name = (protocol: string, app: string, master = protocol) =>
    flowName({ detected_protocol_name: protocol, ndpi: { master, app } });

  it('puts the application before the protocol that carries it', () => {
    assert.equal(name('DNS', 'Google'), 'GOOGLE:DNS');
    assert.equal(name('Skype_Teams', 'SkypeCall'), 'SKYPE_CALL:SKYPE');
  });

  it('says one word where there is one thing', () => {
    assert.equal(name('DNS', 'Unknown'), 'DNS');
    assert.equal(name('Google', 'Google', 'Unknown'), 'GOOGLE');
    assert.equal(name('HTTP', 'HTTP'), 'HTTP');
    assert.equal(name('Unknown', 'Unknown'), 'UNKNOWN');
  });
});
