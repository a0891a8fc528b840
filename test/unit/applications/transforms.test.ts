// What an explanation says of an `xfm:` that changed a name before it was looked up, in the stream, for people, and where the
// privacy filter is on.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadApplications } from '../../../src/applications/table.js';
import { Engine } from '../../../src/capture/engine.js';
import { explanationText } from '../../../src/cli/commands/explain.js';
import type { FlowMessage } from '../../../src/messages/index.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { golden } from '../capture/capture-maker.js';
import { create, redacted } from '../flow/privacy-rig.js';
import { folder } from './files.js';

/** The `flow` whose client said `sni`, explained. */
async function flowOf(definitions: string, sni: string) {
  const file = join(folder(), 'mine.conf');
  writeFileSync(file, definitions);
  const { table, problems } = await loadApplications({ files: [file] });
  assert.deepEqual(problems, []);
  const engine = new Engine({
    source: { type: 'pcap-file', path: golden('browsing.pcap') },
    events: ['detected'],
    applications: table,
    explain: true,
  });
  for await (const chunk of engine.chunks())
    for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
      const message: FlowMessage = parseMessage(line);
      if (message.type === 'flow' && message.flow.ssl?.client_sni === sni) return { message, file };
    }
  throw new Error(`no flow to ${sni}`);
}

const definitions = [
  'app:900001:test.video',
  'app:900002:test.tube',
  'dom:900001:watch.example',
  'dom:900002:youtube.com',
  'xfm:^www\\.nothing\\.example$:x.example',
  'xfm:^www\\.(youtube)\\.com$:$1.watch.example',
  '',
].join('\n');

describe('an explanation by a transform', function () {
  this.timeout(30_000);

  it('says which one, and what it made of the name', async () => {
    const { message, file } = await flowOf(definitions, 'www.youtube.com');
    const { explain, detected_application } = message.flow;
    assert.equal(detected_application, 900001);
    assert.deepEqual(
      [explain?.field, explain?.value, explain?.rule?.text],
      ['ssl.client_sni', 'www.youtube.com', 'dom:900001:watch.example'],
    );
    assert.deepEqual(explain?.transform, {
      value: 'youtube.watch.example',
      ...{ file, line: 6, text: 'xfm:^www\\.(youtube)\\.com$:$1.watch.example' },
    });
    // The name as it is fits a rule, too: without a transform.
    const other = explain?.others.find(({ rule }) => rule.application === 'test.tube');
    assert.equal(other?.rule.line, 4);
    assert.equal(other?.transform, undefined);
    assert.match(
      explanationText(message),
      new RegExp(
        `rule +dom:900001:watch\\.example +${file}:3 +by ssl\\.client_sni = www\\.youtube\\.com, ` +
          `as youtube\\.watch\\.example by xfm:\\^www\\S+ +${file}:6\n`,
      ),
    );
  });

  it('is not told of a name that no transform changed', async () => {
    const { message } = await flowOf(definitions, 'www.netflix.com');
    assert.equal(message.flow.explain?.transform, undefined);
    const plain = (await flowOf(definitions.replaceAll(/^xfm.*$/gm, ''), 'www.youtube.com'))
      .message;
    assert.equal(plain.flow.explain?.rule?.application, 'test.tube');
    assert.equal(plain.flow.explain?.transform, undefined);
  });

  it('has neither name where the privacy filter is on', async () => {
    const { message, file } = await flowOf(definitions, 'www.youtube.com');
    const filter = await create({ hosts: ['203.0.113.77'] });
    const fresh = redacted(filter, message) as typeof message;
    assert.equal(fresh.flow.explain?.value, undefined);
    const { transform } = fresh.flow.explain ?? {};
    const text = 'xfm:^www\\.(youtube)\\.com$:$1.watch.example';
    assert.deepEqual(transform, { file, line: 6, text });
    assert.match(explanationText(fresh), /= hidden by the privacy filter, as hidden by/);
  });
});
