// Every claim is complete, and its plan follows from the seed alone.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Claim } from '../harness/claim.ts';
import { loadClaims } from '../harness/claims/index.ts';
import { createRandom, type Random } from '../harness/random.ts';
import { planClaim, planOf } from '../harness/run.ts';

const claims = await loadClaims();
const checkers = readTexts(join(import.meta.dirname, '../harness/checker'));

describe.each(claims)('$id', (claim) => {
  test('the same seed gives the same plan', () => {
    for (const seed of [0, 1, 2 ** 32 - 1]) expect(plan(claim, seed)).toBe(plan(claim, seed));
  });

  test('another seed gives another plan, if anything is drawn', () => {
    const plans = new Set([1, 2, 3, 4].map((seed) => plan(claim, seed)));
    expect(plans.size).toBe(draws(claim) ? 4 : 1);
  });

  test('another queue changes the claim alone, and nothing else of its plan', () => {
    const { claim: own, control } = planClaim(claim, 1);
    const other = planClaim(claim, 1, '/my/adapter.ts');
    expect(planOf(other.control)).toEqual(planOf(control));
    expect(planOf(other.claim)).toEqual({
      ...planOf(own),
      system: { ...own.system, queue: '/my/adapter.ts' },
    });
  });

  test('it says what it claims and what must break without the protection', () => {
    expect(claim.section).toMatch(/\S/);
    expect(claim.statement).toMatch(/\S/);
    expect(claim.control.statement).toMatch(/\S/);
    expect(claim.control.mustBreak.length).toBeGreaterThan(0);
    for (const rule of claim.control.mustBreak) expect(checkers).toContain(`'${rule}'`);
  });
});

test('ids are unique, and each is its file', () => {
  const ids = claims.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const root = join(import.meta.dirname, '../harness/claims');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.includes('/') && file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
  expect(ids.toSorted()).toEqual(files.toSorted());
});

/** What plan.json holds. */
function plan(claim: Claim, seed: number): string {
  const { claim: own, control } = planClaim(claim, seed);
  return JSON.stringify({ claim: planOf(own), control: planOf(control) });
}

/** Whether either arm asks for a random number. */
function draws(claim: Claim): boolean {
  let drawn = false;
  const watched = (random: Random): Random => ({
    int: (least, most) => note(random.int(least, most)),
    float: () => note(random.float()),
    exponential: (mean) => note(random.exponential(mean)),
    pick: (items) => note(random.pick(items)),
    fork: (name) => watched(random.fork(name)),
  });
  const note = <T>(value: T): T => {
    drawn = true;
    return value;
  };
  const random = () => watched(createRandom(1, claim.id));
  claim.control.without(claim.experiment(random()), random());
  return drawn;
}

function readTexts(dir: string): string {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(dir, file), 'utf8'))
    .join('\n');
}
