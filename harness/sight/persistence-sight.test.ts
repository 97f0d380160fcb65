// The persistence claims are tested for sight: a Redis that keeps less than it says, files with a hole, with a value that
// nobody wrote, with an old snapshot are each refuted; a power cut that cuts nothing is `unknown`. Real Redis, real disks.

import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  cutsLose,
  keepsAll,
  losesExactlySinceSnapshot,
  startsByItself,
} from '../checker/durability-rules.ts';
import type { Claim } from '../claim.ts';
import aofAlwaysSurvives from '../claims/persistence/aof-always-survives-power-cut.ts';
import diskFull from '../claims/persistence/disk-full-refuses.ts';
import powerCutQueue from '../claims/persistence/queue-through-power-cut.ts';
import { type Climbing, climbing } from '../climbing.ts';
import type { Damage } from '../nemesis/damage.ts';
import { cutPower, type Ending } from '../nemesis/endings.ts';
import { powerCut, type Rung, sigkill } from '../nemesis/ladder.ts';
import { lastIncrement, recordsOf } from '../system/append-only-file.ts';
import { startDeadMan } from '../system/dead-man.ts';
import { whyNoDisk } from '../system/disk.ts';
import { aofAlways, aofEverysec, aofNo, rdb } from '../system/persistence.ts';
import { laboratory, planted } from './laboratory.ts';

const { run, leftovers } = laboratory();
const prober = await startDeadMan();
const withDisk = (await whyNoDisk(prober)) === undefined;
await prober.dismiss();

afterEach(() => {
  expect(leftovers()).toEqual({ processes: [], directories: [] });
});

function climbed(differs: Partial<Climbing> & Pick<Climbing, 'rungs' | 'rules'>): Claim {
  return {
    id: 'small/climb',
    section: 'Small',
    statement: 'it keeps what it should',
    experiment: (random) => climbing(random, { setting: aofEverysec, writeMs: [400, 500], ...differs }),
    control: {
      statement: 'not run here',
      without: (experiment) => experiment,
      mustBreak: ['nothing-lost'],
    },
  };
}
const damagedBy = (damage: Damage): Rung => ({ ...sigkill, name: 'SIGKILL, then damage', damage });
const onlyClaim = { arms: 'claim' } as const;

/** A record from the middle disappears, as if it had never been written. */
const forgotten: Damage = async (redisDir) => {
  const file = lastIncrement(redisDir);
  const data = readFileSync(file);
  const records = recordsOf(file);
  const { startBytes, endBytes } = records[Math.floor(records.length / 2)]!;
  writeFileSync(file, Buffer.concat([data.subarray(0, startBytes), data.subarray(endBytes)]));
  return { proof: { removedAtBytes: startBytes } };
};

/** The last write stands there again, with the number of one that was never sent. */
const invented: Damage = async (redisDir) => {
  const file = lastIncrement(redisDir);
  const { words } = recordsOf(file).findLast(({ words: [command] }) => command?.toUpperCase() === 'SET')!;
  const stranger = ['SET', words[1]!.replace(/\d+$/, '999999'), words[2]!];
  const text = `*3\r\n${stranger.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
  appendFileSync(file, text);
  return { proof: { appended: stranger } };
};

describe('what keeps less than it says is refuted', () => {
  test('a hole in the AOF: suffix-only', async () => {
    const { result } = await run(climbed({ rungs: [damagedBy(forgotten)], rules: [] }), onlyClaim);
    expect(result).toMatchObject({
      verdict: 'refuted',
      why: expect.stringMatching(/^suffix-only: 1 writes/),
    });
  });

  test('a value that nobody wrote: no-strangers', async () => {
    const { result } = await run(climbed({ rungs: [damagedBy(invented)], rules: [] }), onlyClaim);
    expect(result).toMatchObject({
      verdict: 'refuted',
      why: expect.stringMatching(/^no-strangers: .*999999/),
    });
  });

  test('the snapshot before the last one is loaded: exactly-since-snapshot', async () => {
    let earlier: string | undefined;
    const older: Damage = async (redisDir) => {
      const [snapshot, aside] = [join(redisDir, 'dump.rdb'), join(redisDir, 'earlier')];
      if (earlier === undefined) copyFileSync(snapshot, aside);
      else copyFileSync(aside, snapshot);
      earlier = aside;
      return { proof: {} };
    };
    const claim = climbed({
      setting: rdb,
      rungs: [damagedBy(older), damagedBy(older)],
      snapshotAfterMs: [200, 250],
      rules: [losesExactlySinceSnapshot],
    });
    const { result } = await run(claim, onlyClaim);
    expect(result).toMatchObject({
      verdict: 'refuted',
      why: expect.stringMatching(/^exactly-since-snapshot: /),
    });
  });

  test.runIf(withDisk)('a Redis that says always and does not sync: nothing-lost', async () => {
    const lying = { label: aofAlways.label, redis: aofNo.redis };
    const { result } = await run(
      climbed({ setting: lying, rungs: [powerCut], rules: [keepsAll()] }),
      onlyClaim,
    );
    expect(result).toMatchObject({ verdict: 'refuted', why: expect.stringMatching(/^nothing-lost: /) });
  });

  test.runIf(withDisk)('the judge on a Redis that does not sync: nothing-lost', async () => {
    const unsynced: Claim = {
      ...powerCutQueue,
      experiment: (random) => {
        const experiment = powerCutQueue.experiment(random);
        return { ...experiment, system: { ...experiment.system, redis: aofNo.redis } };
      },
    };
    const { result } = await run(unsynced, onlyClaim);
    expect(result).toMatchObject({ verdict: 'refuted', why: expect.stringMatching(/^nothing-lost: /) });
  });

  test.runIf(withDisk)('an adapter that acknowledges what a full disk refused', async () => {
    const queue = planted(join(import.meta.dirname, 'adapters/acknowledges-before-writing.ts'));
    const { result, arms } = await run(diskFull, { queue, ...onlyClaim });
    const broken = arms.claim?.finding?.violations.map(({ rule }) => rule);
    expect(result.verdict, result.why).toBe('refuted');
    expect(broken).toEqual(expect.arrayContaining(['nothing-lost', 'outage-is-an-error']));
  });
});

test.runIf(withDisk)(
  'zeros at the end of the AOF after a power cut: refused, repaired, and told',
  async () => {
    const zeros: Damage = async (redisDir) => {
      appendFileSync(lastIncrement(redisDir), Buffer.alloc(500));
      return { proof: {}, harmless: true };
    };
    const claim = climbed({ rungs: [{ ...powerCut, damage: zeros }], rules: [startsByItself] });
    const { result } = await run(claim, onlyClaim);
    expect(result).toMatchObject({ verdict: 'refuted', why: expect.stringContaining('Bad file format') });
    expect(result.evidence.cells).toMatchObject([{ fault: 'power cut', timesRefused: 1 }]);
  },
);

describe('what shows nothing is unknown', () => {
  test.runIf(withDisk)('a power cut that only kills: its canary lives', async () => {
    const harmless: Ending = (arena) => {
      const disk = {
        ...arena.system.disk!,
        cutPower: async (group: number) => {
          process.kill(-group, 'SIGKILL');
          return { mountOptions: 'rw', writeRefused: null, canaryBytesBefore: 65536 };
        },
        powerUp: async () => ({ canaryBytesAfter: 65536, syncedBytesAfter: 65536 }),
      };
      return cutPower({ ...arena, system: { ...arena.system, disk } });
    };
    const claim = climbed({
      setting: aofAlways,
      rungs: [{ ...powerCut, ending: harmless }],
      rules: [keepsAll()],
    });
    const { result } = await run(claim, onlyClaim);
    expect(result).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('0 of the 1 faults') });
  });

  test('no write to lose', async () => {
    const claim = climbed({ rungs: [sigkill], writeMs: [0, 0], rules: [keepsAll()] });
    const { result } = await run(claim, onlyClaim);
    expect(result).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('writes were acknowledged'),
    });
  });

  test('a Redis that does not start on what is left', async () => {
    const gone: Damage = async (redisDir) => {
      writeFileSync(lastIncrement(redisDir), 'this is no append-only file\n');
      return { proof: {} };
    };
    const { result } = await run(climbed({ rungs: [damagedBy(gone)], rules: [] }), onlyClaim);
    expect(result).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('Redis does not start on what is left: Bad file format'),
    });
  });
});

test.runIf(withDisk)(
  'what is healthy gives no alarm: no cut, nothing lost, and cuts-lose has nothing to say',
  async () => {
    const claim = climbed({ setting: aofAlways, rungs: [sigkill, sigkill], rules: [keepsAll(), cutsLose] });
    const { arms } = await run(claim, onlyClaim);
    expect(arms.claim).toMatchObject({ steady: { passed: true }, finding: { violations: [] } });
  },
);

test.runIf(withDisk)('the real claim is held, and its control lost something', async () => {
  const { result } = await run(aofAlwaysSurvives);
  expect(result).toMatchObject({
    verdict: 'held',
    control: { failedAsExpected: true, why: expect.stringMatching(/^nothing-lost: /) },
  });
});
