// The dependency arrows of docs/architecture.md hold in the whole tree, and the checker sees each
// kind of violation when one is planted.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsOf, violations } from './architecture.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function sourceFiles(folder: string, suffix: RegExp): [string, string][] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => suffix.test(name))
    .map((name) => [join(folder, name), readFileSync(join(root, folder, name), 'utf8')]);
}

const planted = (path: string, text: string) => violations(new Map([[path, text]]));

describe('architecture', () => {
  it('has no forbidden arrow in src and addon', () => {
    const files = new Map([...sourceFiles('src', /\.ts$/), ...sourceFiles('addon', /\.(cc|h)$/)]);
    assert.ok(files.size > 20, `only ${files.size} files were found`);
    assert.deepEqual(violations(files), []);
  });

  const forbidden: [string, string, string][] = [
    [
      'src/messages/flow.ts',
      "import { run } from '../cli/main.js';",
      'messages may not import cli',
    ],
    ['src/flow/store.ts', "import type { A } from '../match/a.js';", 'flow may not import match'],
    ['src/messages/flow.ts', "import '../addon.js';", 'messages may not import addon'],
    ['src/match/a.ts', "export * from '../sinks/index.js';", 'match may not import sinks'],
    ['src/match/a.ts', "export { b } from '../applications/b.js';", 'match may not import appl'],
    ['src/errors.ts', "import './addon.js';", 'errors may not import addon'],
    ['src/sinks/file.ts', "const d = await import('../daemon.js');", 'sinks may not import daemon'],
    ['src/addon.ts', "import {\n  a,\n  b,\n} from './flow/a.js';", 'addon may not import flow'],
    [
      'src/cli/main.ts',
      "const a = createRequire(u)('#addon');\nrequire('#addon');",
      'only src/addon',
    ],
    ['src/cli/main.ts', "import { x } from '../../test/unit/x.js';", 'outside src'],
    ['src/novel/a.ts', '', '"novel" has no place'],
    ['addon/core/flow.cc', '#include "sources/source.h"', 'core may not include sources'],
    ['addon/core/flow.h', '#include "../binding/engine.h"', 'core may not include binding'],
    ['addon/sources/pcap.cc', '#include "binding/engine.h"', 'sources may not include binding'],
    ['addon/core/flow.h', '#include <ndpi_api.h>', 'addon/core/dpi* alone'],
    ['addon/binding/engine.cc', '# include "ndpi_typedefs.h"', 'addon/core/dpi* alone'],
    ['addon/sources/sources.cc', '#include <napi.h>', 'addon/binding alone'],
    ['addon/core/decode.cc', '#include <pcap.h>', 'no input or output'],
    ['addon/core/decode.cc', '#include <sys/mman.h>', 'no input or output'],
    ['addon/core/util.h', '', 'says nothing'],
    ['src/cli/helpers/a.ts', '', 'says nothing'],
    ['addon/core/big.cc', '\n'.repeat(401), 'split at 400'],
  ];
  for (const [path, text, expected] of forbidden) {
    it(`finds: ${path}: ${expected}`, () => {
      const found = planted(path, text);
      assert.equal(found.length, 1, found.join('\n'));
      assert.ok(found[0]?.includes(expected), found[0]);
    });
  }

  const allowed: [string, string][] = [
    ['src/cli/main.ts', "import { Engine } from '../addon.js';\nimport './commands/spy.js';"],
    ['src/addon.ts', "const native = createRequire(import.meta.url)('#addon');"],
    ['src/capture/engine.ts', "import { x } from 'pino';\nimport '../messages/index.js';"],
    ['addon/core/dpi.cc', '#include <ndpi_api.h>\n#include "dpi.h"\n#include "core/packet.h"'],
    ['addon/sources/pcap_file.cc', '#include <sys/mman.h>\n#include "core/source.h"'],
    ['addon/binding/addon.cc', '#include <napi.h>\n#include "sources/source.h"'],
    ['addon/core/lines.cc', '\n'.repeat(400)],
  ];
  for (const [path, text] of allowed) {
    it(`allows: ${path}`, () => assert.deepEqual(planted(path, text), []));
  }

  it('reads every form of import', () => {
    const text =
      "import a from './a.js';\nimport { b } from \"./b.js\";\nexport * from './c.js';\nimport './d.js';";
    assert.deepEqual(importsOf(text), ['./a.js', './b.js', './c.js', './d.js']);
  });
});
