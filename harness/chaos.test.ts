// A whole run on disk: what it writes, what an interruption leaves, what --repeat adds up.

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ledgerLineSchema } from '../services/shared/contract.ts';
import { type ChaosOptions, runChaos } from './chaos.ts';
import type { Claim } from './claim.ts';
import { createRandom } from './random.ts';
import type { Results } from './report/result.ts';
import { laboratory, projectRoot } from './sight/laboratory.ts';
import { bareClaim, smallKill } from './sight/small-claims.ts';
import { type DeadMan, startDeadMan } from './system/dead-man.ts';
import { onlyRedis } from './system/spec.ts';
import { eventSchema, resultsSchema } from './testing/run-files.ts';

const lab = laboratory();

afterEach(() => {
  expect(lab.leftovers()).toEqual({ processes: [], directories: [] });
});

function chaos(out: string, differs: Partial<ChaosOptions>): Promise<Results> {
  return runChaos({
    claims: [bareClaim()],
    seed: 1,
    repeat: 1,
    outDir: join(lab.outDir, out),
    redis: lab.redis,
    redisFrom: 'the test',
    deadMan: lab.deadMan,
    reporter: {},
    signal: new AbortController().signal,
    projectRoot,
    strict: false,
    ...differs,
  });
}

const readText = (...path: string[]) => readFileSync(join(lab.outDir, ...path), 'utf8');
const readJson = (...path: string[]) => JSON.parse(readText(...path));
const readLines = (...path: string[]) =>
  readText(...path)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('a run on disk', () => {
  const kill = ['whole', 'latest', 'claims', smallKill.id];
  let results: Results;
  beforeAll(async () => {
    results = await chaos('whole', { claims: [smallKill, bareClaim()], seed: 7 });
  });

  test('both claims are held', () => {
    expect(results.claims).toMatchObject([{ verdict: 'held' }, { verdict: 'held' }]);
    expect(results.summary).toEqual({ held: 2, refuted: 0, unknown: 0, skipped: 0 });
  });

  test('results.json follows the schema', () => {
    const stored = readJson('whole', 'latest', 'results.json');
    expect(stored).toEqual(results);
    expect(resultsSchema.parse(stored)).toEqual(stored);
    expect(stored.run.seed).toBe(7);
    expect(stored.claims[0].faults).toMatchObject([{ kind: 'worker-kill', proof: { signal: 'SIGKILL' } }]);
  });

  test('a link leads to the latest run', () => {
    expect(readlinkSync(join(lab.outDir, 'whole', 'latest'))).toBe(results.run.id);
    expect(readdirSync(join(lab.outDir, 'whole')).toSorted()).toEqual([results.run.id, 'latest']);
    expect(readdirSync(join(lab.outDir, 'whole', 'latest')).toSorted()).toEqual(
      ['claims', 'junit.xml', 'report.html', 'results.json'].toSorted(),
    );
  });

  test('junit.xml has a case for each claim', () => {
    const xml = readText('whole', 'latest', 'junit.xml');
    expect(xml).toMatch(/^<\?xml .*\n<testsuites name="redproof" tests="2" failures="0" errors="0" /);
    expect(xml.match(/name="small\/[a-z-]+"/g)).toEqual(['name="small/worker-kill"', 'name="small/bare"']);
  });

  test('plan.json has what was drawn', () => {
    const { seed, claim, control } = readJson(...kill, 'plan.json');
    expect(seed).toBe(7);
    expect(claim).toMatchObject({ system: { queue: 'reliable-list' }, nemesis: [{}] });
    expect(claim.workload.load).toHaveLength(30);
    expect({ ...control, system: null }).toEqual({ ...claim, system: null });
    expect(control.system.queue).toBe('list');
  });

  test.each([[[]], [['control']]])('history and ledger, %j', (arm) => {
    const events = readLines(...kill, ...arm, 'history.ndjson').map((line) => eventSchema.parse(line));
    const times = events.filter(({ type }) => type !== 'fault').map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const phases = events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
    expect([...new Set(phases)]).toEqual(['steady', 'load', 'heal', 'quiesce', 'final-reads']);
    expect(events.filter(({ type }) => type === 'fault')).toHaveLength(2);

    const lines = readLines(...kill, ...arm, 'ledger.ndjson').map((line) => ledgerLineSchema.parse(line));
    expect(new Set(lines.map(({ source }) => source))).toContain('api-1');
    const accepted = events.filter(
      (event) => event.type === 'op' && event.f === 'submit' && event.kind === 'ok',
    );
    expect(accepted.length).toBeGreaterThanOrEqual(33);
    expect(lines.filter(({ event }) => event === 'enqueued')).toHaveLength(accepted.length);
    expect(lines.filter(({ event }) => event === 'acked').length).toBeGreaterThan(20);

    const logs = readdirSync(join(lab.outDir, ...kill, ...arm, 'logs'));
    expect(logs).toEqual(expect.arrayContaining(['api-1.log', 'redis.log', 'worker-1.log']));
  });
});

describe('an interruption', () => {
  const ended: DeadMan[] = [];
  // Nor does anything start later that was under way when the run ended.
  afterAll(() => {
    for (const deadMan of ended) expect(lab.leftovers(deadMan)).toEqual({ processes: [], directories: [] });
  });

  test.each([
    'set up',
    'steady',
    'load',
  ])('in the phase "%s" rejects and leaves no process', async (phase) => {
    const deadMan = await startDeadMan();
    const interrupted = new AbortController();
    const reporter: ChaosOptions['reporter'] = {
      phase: (claim, _, now) => {
        if (claim.id === smallKill.id && now === phase) interrupted.abort(new Error('SIGINT'));
      },
    };
    const out = `interrupted-in-${phase}`;
    const claims = [bareClaim(), smallKill, bareClaim()];
    const { signal } = interrupted;
    await expect(chaos(out, { claims, deadMan, reporter, signal })).rejects.toThrow('SIGINT');
    await deadMan.dismiss();
    ended.push(deadMan);
    expect(lab.leftovers(deadMan)).toEqual({ processes: [], directories: [] });
    // What was finished is stored.
    const stored = resultsSchema.parse(readJson(out, 'latest', 'results.json'));
    expect(stored.claims).toMatchObject([{ id: 'small/bare', verdict: 'held' }]);
    expect(existsSync(join(lab.outDir, out, 'latest', 'junit.xml'))).toBe(false);
  });
});

describe('--repeat', () => {
  const drawOf = (seed: number) => createRandom(seed, 'small/drawn').int(0, 1_000_000);
  const seeds = [1, 2, 3, 4];
  const worst = seeds.toSorted((a, b) => drawOf(b) - drawOf(a))[0]!;
  /** Breaks a rule in the run with the highest draw. */
  const drawn: Claim = {
    ...bareClaim(),
    id: 'small/drawn',
    experiment: (random) => {
      const draw = random.int(0, 1_000_000);
      const lost = draw === drawOf(worst) ? 1 : 0;
      const evidence = { lost, acknowledged: 250, recoveriesMs: lost ? [900, 2000] : [500] };
      const violations = evidence.lost > 0 ? [{ rule: 'nothing-lost', detail: `draw ${draw}` }] : [];
      return {
        ...bareClaim().experiment(random),
        system: onlyRedis(),
        check: () => ({ violations, evidence }),
      };
    },
  };

  test('shows the worst run, each verdict with its seed, and the bound over all', async () => {
    const { claims, summary } = await chaos('repeat', { claims: [drawn], repeat: seeds.length });
    expect(summary).toEqual({ held: 0, refuted: 1, unknown: 0, skipped: 0 });
    // Of 500, 500, 500, 900 and 2,000 ms.
    const recovery = { recovered: 5, recoveryMsP50: 500, recoveryMsP99: 2000 };
    expect(claims).toMatchObject([
      {
        verdict: 'refuted',
        why: `nothing-lost: draw ${drawOf(worst)}`,
        evidence: { overAllRepeats: { lost: 1, acknowledged: 1000, faults: 0, ...recovery } },
        repeats: seeds.map((seed) => ({ seed, verdict: seed === worst ? 'refuted' : 'held' })),
      },
    ]);
    // One of a thousand: at most 4.74 of a thousand (Clopper-Pearson, one-sided).
    const { lossRateAtMost95 } = claims[0]!.evidence.overAllRepeats as { lossRateAtMost95: number };
    expect(lossRateAtMost95).toBeCloseTo(0.00474, 4);
    resultsSchema.parse(readJson('repeat', 'latest', 'results.json'));
    const plans = seeds.map((_, index) => `claims/small/drawn/repeat-${index + 1}/plan.json`);
    expect(plans.map((plan) => readJson('repeat', 'latest', plan).seed)).toEqual(seeds);
  });

  test('of all held is held, with a bound that is not 0', async () => {
    const good = seeds.find((seed) => seed !== worst && seed + 1 !== worst)!;
    const { claims } = await chaos('repeat-held', { claims: [drawn], seed: good, repeat: 2 });
    expect(claims).toMatchObject([{ verdict: 'held', repeats: [{ seed: good }, { seed: good + 1 }] }]);
    const { lossRateAtMost95, lost } = claims[0]!.evidence.overAllRepeats as Record<string, number>;
    expect(lost).toBe(0);
    // The rule of three: 3 / 500.
    expect(lossRateAtMost95).toBeCloseTo(0.006, 4);
  });
});

test('--strict turns skipped into unknown', async () => {
  const skipped = { ...bareClaim(), crashesRedis: true };
  const redis = { kind: 'external', url: 'redis://127.0.0.1:1', version: '7.0.0' } as const;
  const lenient = await chaos('lenient', { claims: [skipped], redis });
  expect(lenient.claims).toMatchObject([{ verdict: 'skipped', why: expect.stringContaining(redis.url) }]);
  const strict = await chaos('strict', { claims: [skipped], redis, strict: true });
  expect(strict.summary).toEqual({ held: 0, refuted: 0, unknown: 1, skipped: 0 });
  resultsSchema.parse(readJson('strict', 'latest', 'results.json'));
});

describe('claims beside each other', () => {
  /** A claim that is in its load phase for so long; what began and ended is noted. */
  const noting = (seen: string[], id: string, ms: number, differs: Partial<Claim> = {}): Claim => {
    const load = async () => {
      seen.push(`${id} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      seen.push(`${id} ends`);
    };
    const workload = { plan: {}, steady: async () => ({ passed: true }) as const, load };
    const control = { workload: { ...workload, load: async () => {} } };
    return { ...bareClaim({ workload }, control), id: `small/${id}`, ...differs };
  };

  test('the next ones run beside one that allows it, but none beside one that must be alone', async () => {
    const seen: string[] = [];
    const claims = [
      noting(seen, 'long', 3000, { beside: true }),
      noting(seen, 'next', 0),
      noting(seen, 'alone', 0, { alone: true }),
    ];
    const results = await chaos('beside', { claims });
    expect(seen.slice(-3)).toEqual(['long ends', 'alone begins', 'alone ends']);
    expect(seen.slice(0, -3)).toEqual(expect.arrayContaining(['long begins', 'next begins', 'next ends']));
    expect(results.claims.map(({ id }) => id)).toEqual(['small/long', 'small/next', 'small/alone']);
    expect(results.summary).toMatchObject({ held: 3 });
  });
});
