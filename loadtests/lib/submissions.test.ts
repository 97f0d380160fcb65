// The mix is whole in every hundred, follows from the seed alone, and holds every verdict.

import { describe, expect, test } from 'vitest';
import { hash, hexOf, numbersFrom, shuffled } from './random.ts';
import { eachInTurn, programs, submissionNumber } from './submissions.ts';

const deal = (seed: number, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => submissionNumber(from + index, seed));
const counts = (dealt: ReturnType<typeof deal>) =>
  programs.map((program) => dealt.filter((one) => one === program).length);

describe('the mix', () => {
  test('adds up to a hundred, with every verdict and several problems', () => {
    expect(programs.reduce((sum, { inHundred }) => sum + inHundred, 0)).toBe(100);
    expect([...new Set(programs.map(({ expected }) => expected))].toSorted()).toEqual(
      ['AC', 'MLE', 'RE', 'TLE', 'WA'].toSorted(),
    );
    expect(new Set(programs.map(({ problemId }) => problemId)).size).toBeGreaterThanOrEqual(6);
  });

  test('is whole in every hundred', () => {
    const whole = programs.map(({ inHundred }) => inHundred);
    for (const from of [0, 100, 700]) expect(counts(deal(1, from, 100))).toEqual(whole);
  });

  test('the same seed gives the same submissions, in whatever order they are asked for', () => {
    const forwards = deal(7, 0, 1000);
    const backwards = Array.from({ length: 1000 }, (_, index) => submissionNumber(999 - index, 7)).reverse();
    expect(backwards).toEqual(forwards);
    expect(deal(8, 0, 1000)).not.toEqual(forwards);
    expect(deal(7, 100, 100)).not.toEqual(deal(7, 0, 100));
  });

  test('in turn, a few show them all', () => {
    const some = Array.from({ length: programs.length }, (_, n) => eachInTurn(n));
    expect(new Set(some).size).toBe(programs.length);
    expect(eachInTurn(programs.length)).toBe(programs[0]);
  });
});

describe('randomness', () => {
  test('a hash depends on each character, and neighbours are far apart', () => {
    const hashes = Array.from({ length: 2000 }, (_, index) => hash(`run/${index}`));
    expect(new Set(hashes).size).toBe(2000);
    const high = hashes.filter((value) => value >= 2 ** 31).length;
    expect(high).toBeGreaterThan(900);
    expect(high).toBeLessThan(1100);
  });

  test('numbers are from 0 to 1 and spread', () => {
    const next = numbersFrom(42);
    const drawn = Array.from({ length: 10_000 }, next);
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
  });

  test('a shuffle keeps what it is given', () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const mixed = shuffled(items, 3);
    expect(mixed).not.toEqual(items);
    expect(mixed.toSorted((a, b) => a - b)).toEqual(items);
  });

  test('a trace id has the digits that it needs, and none is like another', () => {
    const ids = Array.from({ length: 1000 }, (_, n) => hexOf(`run/${n}`, 32));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(1000);
    expect(hexOf('run/1/client', 16)).toMatch(/^[0-9a-f]{16}$/);
  });
});
