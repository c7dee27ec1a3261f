import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../src/definition/nearest.js';

const KEYS = ['id', 'needs', 'timeout', 'trigger', 'onFailure', 'nu', 'shell', 'secrets'];

describe('the nearest name', () => {
  it.each([
    ['need', 'needs'],
    ['neesd', 'needs'],
    ['Needs', 'needs'],
    ['on_failure', 'onFailure'],
    ['tiemout', 'timeout'],
    ['shel', 'shell'],
    ['secret', 'secrets'],
    ['timeouts', 'timeout'],
  ])('of %j is %j', (name, known) => {
    expect(nearest(name, KEYS)).toBe(known);
  });

  it.each(['', 'xyz', 'description', 'x'.repeat(1_000)])('of %j is none', (name) => {
    expect(nearest(name, KEYS)).toBeUndefined();
    expect(didYouMean(name, KEYS)).toBe('');
  });

  it('is said as a question', () => {
    expect(didYouMean('need', KEYS)).toBe('; did you mean "needs"?');
  });
});
