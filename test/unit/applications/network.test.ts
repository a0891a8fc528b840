// Networks against the reading of addresses that the rest of the program has.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { network } from '../../../src/applications/network.js';
import { formatAddress, masked, parsePrefix } from '../../../src/capture/prefix.js';

describe('network', () => {
  const agrees = (text: string) => {
    const expected = parsePrefix(text);
    const found = network(text);
    assert.equal(found === undefined, expected === undefined, text);
    if (expected === undefined) return;
    assert.equal(found?.address, formatAddress(masked(expected)), text);
    assert.equal(found?.bits, expected.bits, text);
  };

  const cases =
    ':: ::/0 ::1 1:: ::1:2 1::2 2001:db8::/32 1:2:3:4:5:6:7:8/127 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 ::ffff:192.0.2.1 ' +
    '64:ff9b::192.0.2.33/96 1:2:3:4:5:6:1.2.3.4 FE80::ABCD/10 0.0.0.0/0 255.255.255.255 192.0.2.77/25 192.0.2.1/33 ' +
    '1.2.3 ::/129 :: /0 fe80::1%eth0 1::2::3 12345:: x ::/ /8 10.0.0.0/+8 10.0.0.0/008';
  for (const text of cases.split(' ')) it(text, () => agrees(text));

  it('agrees for every address', () => {
    const bits = fc.integer({ min: 0, max: 128 });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), bits, (address, n) => agrees(`${address}/${n}`)),
      { numRuns: 3000 },
    );
  });
});
