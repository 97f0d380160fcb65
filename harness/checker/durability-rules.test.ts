import { describe, expect, test } from 'vitest';
import {
  aofWins,
  costsUnder,
  cutsLose,
  cutsLoseMoreThan,
  enoughWrites,
  keepsAll,
  killsLose,
  losesAll,
  losesExactlySinceSnapshot,
  losesOnlyTheTornRecord,
  lossWindowAtMost,
  onlyASuffix,
  refusesWith,
  repairKeepsPrefix,
  someSurvive,
  startsByItself,
} from './durability-rules.ts';
import type { Rule } from './finding.ts';
import { toRanges } from './ranges.ts';
import { empty, type WrittenHistory, written } from './testing/history.ts';

interface Ended {
  kind?: string;
  /** So many of writer 0 are there afterwards, from number 0 on. */
  kept?: number;
  /** Or just these. */
  present?: number[];
  proof?: Record<string, unknown>;
  strangers?: string[];
  landed?: boolean;
  /** BGSAVE between these two numbers. */
  snapshotBefore?: number;
}

const all = 300;
const spacingMs = 5;

/** 300 acknowledged writes, one each 5 ms; then Redis ends, and is looked at. */
function ended({
  kind = 'power-cut',
  kept = all,
  present,
  proof = {},
  strangers = [],
  landed,
  snapshotBefore,
}: Ended) {
  const h = written();
  for (let n = 0; n < all; n++) {
    if (n === snapshotBefore) snapshot(h, n * spacingMs - 2);
    h.op('write', n * spacingMs, { writer: 0, n }, 'ok', n * spacingMs + 2);
  }
  const atMs = all * spacingMs;
  h.fault(kind, 'redis', atMs, proof, {
    healedAtMs: atMs + 100,
    ...(landed === undefined ? {} : { landed }),
  });
  const there = present ?? Array.from({ length: kept }, (_, n) => n);
  const value = { round: 0, present: { 0: toRanges(there) }, strangers, strangersCount: strangers.length };
  h.op('survey', atMs + 200, { round: 0 }, 'ok', atMs + 210, value);
  return h.history();
}

function snapshot(h: WrittenHistory, atMs: number) {
  h.op('snapshot', atMs, {}, 'ok', atMs + 1);
  h.observe(-1, 'snapshot-finished', atMs + 20, { status: 'ok' });
}

const broken = (rule: Rule, seen: Ended) => rule(ended(seen)).violations.map((violation) => violation.rule);
const started = (more: object = {}) => ({ starts: [{ changes: {}, started: true, ...more }] });
const refused = (more: object = {}) => ({ changes: {}, started: false, said: 'Bad file format', ...more });
const torn = (n: number) => ({ torn: { record: ['SET', `p:key:0:${n}`, `${n}...`] } });
const corrupted = (n: number) => ({ corrupted: { record: ['SET', `p:key:0:${n}`, `${n}...`] } });

describe.each<[name: string, rule: Rule, valid: Ended, violated: Ended]>([
  ['nothing-lost', keepsAll(), {}, { kept: all - 1 }],
  ['nothing-lost', keepsAll('SIGKILL'), { kind: 'redis-kill' }, { kind: 'redis-kill', kept: 7 }],
  ['loses-all', losesAll, { kept: 0 }, { kept: 1 }],
  ['loss-shows', cutsLose, { kept: all - 1 }, {}],
  ['some-survive', someSurvive, { kept: 1 }, { kept: 0 }],
  ['kills-lose', killsLose, { kind: 'redis-kill', kept: all - 1 }, { kind: 'redis-kill' }],
  ['loss-window', lossWindowAtMost(500), { kept: all - 90 }, { kept: all - 110 }],
  ['loses-more', cutsLoseMoreThan(500), { kept: all - 110 }, { kept: all - 90 }],
  ['suffix-only', onlyASuffix, { kept: 100 }, { present: [0, 1, 3] }],
  ['no-strangers', onlyASuffix, {}, { strangers: ['key:0:7: 8'] }],
  [
    'exactly-since-snapshot',
    losesExactlySinceSnapshot,
    { snapshotBefore: 100, kept: 100 },
    { snapshotBefore: 100, kept: 101 },
  ],
  [
    'exactly-since-snapshot',
    losesExactlySinceSnapshot,
    { snapshotBefore: 100, kept: 100 },
    { snapshotBefore: 100, kept: 99 },
  ],
  ['starts-by-itself', startsByItself, { proof: started() }, { proof: { starts: [refused()] } }],
  [
    'starts-by-itself',
    startsByItself,
    { proof: { starts: [refused({ changes: { x: 'no' } }), ...started().starts] } },
    { proof: { starts: [refused(), ...started({ repaired: 'by hand' }).starts] } },
  ],
  [
    'refuses-if-told',
    refusesWith('x'),
    { proof: { starts: [refused({ changes: { x: 'no' } })] } },
    { proof: started({ changes: { x: 'no' } }) },
  ],
  [
    'only-the-torn-record',
    losesOnlyTheTornRecord,
    { kept: all - 1, proof: torn(all - 1) },
    { kept: all - 2, proof: torn(all - 1) },
  ],
  [
    'repair-keeps-prefix',
    repairKeepsPrefix,
    { kept: 150, proof: corrupted(150) },
    { kept: 140, proof: corrupted(150) },
  ],
  [
    'aof-wins',
    aofWins,
    { kind: 'redis-kill', snapshotBefore: 100 },
    { kind: 'redis-kill', snapshotBefore: 100, kept: 100 },
  ],
])('%s', (name, rule, valid, violated) => {
  test('valid', () => {
    const { violations, insufficient } = rule(ended(valid));
    expect({ violations, insufficient }).toEqual({ violations: [], insufficient: undefined });
  });
  test('violated', () => expect(broken(rule, violated)).toEqual([name]));
  test('nothing happened: nothing is said', () => {
    const { violations, insufficient } = rule(empty);
    expect(violations).toEqual([]);
    // That nobody wrote what is there is true of nothing at all as well; but an empty history is no evidence.
    expect(insufficient).toEqual(expect.any(String));
  });
  test('a fault that did not land: nothing is said', () => {
    const { violations, insufficient } = rule(ended({ ...violated, landed: false }));
    expect([violations, insufficient]).toEqual([[], expect.any(String)]);
  });
});

describe('what says too little', () => {
  test('a power cut with hardly a write in its last second', () => {
    const h = written();
    for (let n = 0; n < all; n++) h.op('write', n, { writer: 0, n }, 'ok', n + 1);
    h.fault('power-cut', 'redis', 5000, {}, { healedAtMs: 5100 });
    h.op('survey', 5200, {}, 'ok', 5210, {
      round: 0,
      present: { 0: [[0, 9]] },
      strangers: [],
      strangersCount: 0,
    });
    expect(cutsLose(h.history()).insufficient).toBe(
      '1 of 1 power cuts had hardly a write in their last second',
    );
  });

  test('a snapshot that was never finished, or after which nothing was written', () => {
    expect(losesExactlySinceSnapshot(ended({ kept: 0 })).insufficient).toContain('no snapshot was finished');
    const late = { snapshotBefore: all - 10, kept: all - 10 };
    expect(losesExactlySinceSnapshot(ended(late)).insufficient).toBe('only 10 writes came after a snapshot');
    expect(aofWins(ended({ ...late, kind: 'redis-kill' })).insufficient).toContain('hardly disagreed');
  });

  test('few writes', () => {
    const h = written();
    for (let n = 0; n < 149; n++) h.op('write', n, { writer: 0, n }, 'ok', n + 1);
    h.fault('redis-kill', 'redis', 200, {}, { healedAtMs: 300 });
    h.op('survey', 400, {}, 'ok', 410, {
      round: 0,
      present: { 0: [[0, 148]] },
      strangers: [],
      strangersCount: 0,
    });
    expect(enoughWrites(h.history()).insufficient).toBe('only 149 writes were acknowledged before fault 1');
    expect(enoughWrites(ended({}))).toEqual({
      violations: [],
      evidence: { lostWrites: 0, acknowledgedWrites: all },
    });
  });
});

test('damaged files and other settings are not in the table', () => {
  const cells = (proof: Record<string, unknown>) =>
    costsUnder('AOF no')(ended({ kept: 100, proof })).evidence.cells;
  expect(cells({ filesDamaged: true })).toEqual([]);
  expect(cells(started({ changes: { appendonly: 'no' } }))).toEqual([]);
  expect(cells({ filesDamaged: false, ...started() })).toHaveLength(1);
});

test('a cell is what one kind of fault cost under a setting', () => {
  expect(costsUnder('AOF no')(ended({ kept: 100 })).evidence).toEqual({
    cells: [
      {
        setting: 'AOF no',
        fault: 'power cut',
        times: 1,
        timesWithLoss: 1,
        timesRefused: 0,
        acknowledged: 300,
        lost: 200,
        // The first that is lost was acknowledged at 502, the fault came at 1500.
        lossWindowsMs: [998],
      },
    ],
  });
});
