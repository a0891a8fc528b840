import assert from 'node:assert/strict';
import { slopeOf } from '../../soak/slope.js';

describe('slope of samples', () => {
  const line = (slope: number, noise: number) =>
    Array.from({ length: 50 }, (_, i): [number, number] => [
      10 * i,
      1000 + slope * 10 * i + (i % 2 === 0 ? noise : -noise),
    ]);

  it('is that of a line, with noise around it', () => {
    assert.ok(Math.abs(slopeOf(line(0.5, 0)).perSecond - 0.5) < 1e-9);
    assert.ok(Math.abs(slopeOf(line(0.5, 20)).perSecond - 0.5) < 0.01);
    assert.ok(Math.abs(slopeOf(line(0, 20)).growth) < 0.005);
  });

  it('is growth over the whole time, in parts of the mean', () => {
    const { mean, growth } = slopeOf(line(1, 0));
    assert.ok(Math.abs(mean - 1245) < 1e-9);
    assert.ok(Math.abs(growth - 490 / 1245) < 1e-9);
  });
});
