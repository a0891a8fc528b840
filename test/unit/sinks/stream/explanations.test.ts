// Explanations in the stream: for who subscribes to them, for nobody else, and one flow's on request.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { validateMessage } from '../../../../src/messages/validate.js';
import { withoutExplanations } from '../../../../src/sinks/stream/explanations.js';
import { digestOf, eventually, flow, Rig } from './rig.js';

const fit = {
  field: 'host_server_name',
  value: 'a "quoted} \\ name',
  rule: { application: 'dipper.x', file: '/etc/x{.conf', line: 1, text: 'dom:1:example.org' },
};
const explained = (explain: object): object => {
  const { host_server_name, ...rest } = flow.flow;
  return { ...flow, flow: { ...rest, explain, host_server_name } };
};
const lines = (...messages: object[]): Buffer =>
  Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));

describe('explanations in the stream', function () {
  this.timeout(20_000);
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());

  it('are taken out of lines whole, whatever is in them', () => {
    const plain = lines(flow, flow);
    assert.equal(withoutExplanations(plain), plain, 'the same memory where there is none');
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.json(), { nil: undefined }), { maxLength: 6 }),
        (values) => {
          const messages = values.map((value) =>
            value === undefined ? flow : explained({ others: [], value: JSON.parse(value) }),
          );
          const expected = lines(...messages.map(() => flow)).toString();
          const sorted = (text: string) =>
            text
              .split('\n')
              .filter(Boolean)
              .map((line) => JSON.parse(line) as object);
          assert.deepEqual(
            sorted(withoutExplanations(lines(...messages)).toString()),
            sorted(expected),
          );
        },
      ),
    );
  });

  it('go to who has subscribed to them alone, and are asked for only as long', async () => {
    const wanted: boolean[] = [];
    const server = await rig.server({ wantsExplanations: (on) => wanted.push(on) });
    const [curious, other] = [await rig.client(), await rig.client()];
    await curious.take(1);
    await other.take(1);
    curious.send({ subscribe: { explain: true } });
    await eventually(() => wanted.length === 1, 'explanations are wanted');
    const message = explained({ ...fit, packet: 1, others: [fit] });
    assert.deepEqual(validateMessage(message), []);
    server.publish(lines(message));
    const [with_] = await curious.take(1, 'flow');
    const [without] = await other.take(1, 'flow');
    assert.deepEqual({ ...with_, seq: undefined }, { ...message, seq: undefined });
    assert.deepEqual({ ...without, seq: undefined }, { ...flow, seq: undefined });
    assert.equal(with_?.seq, without?.seq);
    curious.socket.destroy();
    await eventually(() => wanted.length === 2, 'nobody wants them any more');
    assert.deepEqual(wanted, [true, false]);
    server.publish(lines(message)); // one that was under way
    const [, late] = await other.take(2, 'flow');
    assert.ok(late !== undefined);
    assert.ok(!JSON.stringify(late).includes('"explain"'));
  });

  it('of one flow come on request, one at a time', async () => {
    let answer: (line: Buffer | undefined) => void = () => {};
    const asked: string[] = [];
    await rig.server({
      explain: (digest) => {
        asked.push(digest);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const client = await rig.client();
    await client.take(1);
    client.send({ explain: digestOf(7) }, { explain: digestOf(8) });
    const [pending] = await client.take(1, 'error');
    assert.equal(pending?.code, 'explain_pending');
    assert.deepEqual(asked, [digestOf(7)]);
    answer(lines(explained({ ...fit, packet: 1, others: [] })));
    const [line] = await client.take(1, 'flow');
    assert.ok(line !== undefined);
    assert.ok(JSON.stringify(line).includes('"explain"'));
    client.send({ explain: digestOf(8) });
    await eventually(() => asked.length === 2, 'the next is asked for');
    answer(undefined);
    const [, unknown] = await client.take(2, 'error');
    assert.equal(unknown?.code, 'flow_unknown');
    client.send({ explain: 'x' });
    const [, , invalid] = await client.take(3, 'error');
    assert.equal(invalid?.code, 'request_invalid');
    for (const error of client.of('error')) assert.deepEqual(validateMessage(error), []);
  });
});
