// The dead-man on real processes: a fixture harness starts Redis and sleepers, pauses one and is SIGKILLed; nothing may
// be left. And what the dead-man must never do: kill a stranger, or remove what is too dear.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';
import { type DeadMan, startDeadMan } from './dead-man.ts';
import { allPids, belongsToRun, commandLine, hasProc, readStat, runVariable } from './proc.ts';
import { launch } from './process.ts';

interface FixtureReport {
  token: string;
  dir: string;
  pids: Record<string, number>;
}

const strangers: ChildProcess[] = [];
afterEach(() => {
  for (const stranger of strangers.splice(0)) stranger.kill('SIGKILL');
});

function sleeper(env: Record<string, string> = {}): ChildProcess {
  const child = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
  strangers.push(child);
  return child;
}

function ofRun(token: string): number[] {
  return allPids().filter((pid) => belongsToRun(pid, token));
}

async function until(what: string, deadlineMs: number, seen: () => unknown): Promise<number> {
  const start = performance.now();
  for (let last = seen(); last; last = seen()) {
    if (performance.now() - start > deadlineMs)
      throw new Error(`not ${what} within ${deadlineMs} ms: ${last}`);
    await delay(10);
  }
  return performance.now() - start;
}

async function startFixture(): Promise<{ harness: ChildProcess; report: FixtureReport }> {
  const fixture = fileURLToPath(new URL('./dead-man.fixture.ts', import.meta.url));
  const harness = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  strangers.push(harness);
  let said = '';
  for await (const chunk of harness.stdout!) {
    said += chunk;
    if (said.endsWith('\n')) break;
  }
  return { harness, report: JSON.parse(said) };
}

test.runIf(hasProc)(
  'SIGKILL of the harness in the middle of a pause: 5 s later nothing of the run is left',
  async () => {
    const { harness, report } = await startFixture();
    const { token, dir, pids } = report;
    // The test can see: all of it is there before, in the state that makes it hard.
    const { deadMan, ...processes } = pids;
    expect(ofRun(token)).toEqual(expect.arrayContaining(Object.values(processes)));
    expect(readStat(pids.paused!)?.state).toBe('T');
    // Its pid is known a moment before it has a session of its own.
    const groupOf = (pid: number) => readStat(pid)?.group;
    await until('apart', 5000, () => groupOf(pids.grandchild!) === groupOf(pids.shell!));
    expect(existsSync(join(dir, 'redis.log'))).toBe(true);
    const stranger = sleeper({ [runVariable]: '0'.repeat(32) });

    harness.kill('SIGKILL');
    const tookMs = await until('clean', 5000, () => ofRun(token).join() || (existsSync(dir) ? dir : ''));
    expect(tookMs).toBeLessThan(5000);
    // The dead-man itself is gone too (it carries the token as its argument), and nobody else was hit.
    await until('over', 5000, () => !['Z', undefined].includes(readStat(deadMan!)?.state));
    expect(readStat(stranger.pid!)?.state).toBe('S');
  },
);

test.runIf(hasProc)('signals that end everybody else do not end it', async () => {
  const { harness, report } = await startFixture();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(report.pids.deadMan!, signal);
  harness.kill('SIGKILL');
  await until('clean', 5000, () => ofRun(report.token).join() || existsSync(report.dir));
});

test('dismiss ends what is left and removes the directories', async () => {
  const deadMan = await startDeadMan();
  const dir = mkdtempSync(join(tmpdir(), 'redproof-dead-man-'));
  deadMan.registerDirectory(dir);
  const left = launch({ name: 'left', command: 'sleep', args: ['60'], logFile: join(dir, 'log') }, deadMan);
  await left.pause();
  await deadMan.dismiss();
  expect(await left.exited).toMatchObject({ signal: 'SIGKILL' });
  expect(existsSync(dir)).toBe(false);
  await deadMan.dismiss(); // once more does no harm
});

test.runIf(hasProc)('a registered pid that belongs to a stranger is not killed', async () => {
  const deadMan = await startDeadMan();
  const stranger = sleeper();
  deadMan.registerProcess(stranger.pid!);
  await deadMan.dismiss();
  expect(readStat(stranger.pid!)?.state).toBe('S');
});

test.runIf(hasProc)('its own death is noticed, and another finishes its work', async () => {
  const deadMan = await startDeadMan();
  const dir = mkdtempSync(join(tmpdir(), 'redproof-dead-man-'));
  deadMan.registerDirectory(dir);
  const left = launch({ name: 'left', command: 'sleep', args: ['60'], logFile: join(dir, 'log') }, deadMan);
  process.kill(helperPid(deadMan), 'SIGKILL');
  await until('noticed', 2000, () => !refusesToRegister(deadMan));
  expect(() =>
    launch({ name: 'late', command: 'sleep', args: ['60'], logFile: join(dir, 'log') }, deadMan),
  ).toThrow('the dead-man died (SIGKILL)');
  await deadMan.dismiss();
  expect(await left.exited).toMatchObject({ signal: 'SIGKILL' });
  expect(ofRun(deadMan.token)).toEqual([]);
  expect(existsSync(dir)).toBe(false);
});

test('directories that nobody may remove are refused', async () => {
  const deadMan = await startDeadMan();
  for (const path of ['/', '/tmp', homedir(), process.cwd(), join(process.cwd(), '..'), 'relative/path']) {
    expect(() => deadMan.registerDirectory(path), path).toThrow(RangeError);
  }
  await deadMan.dismiss();
  expect(existsSync(process.cwd())).toBe(true);
});

const canMount =
  process.getuid?.() === 0 && (await execa('losetup', ['--find'], { reject: false })).exitCode === 0;

test.runIf(canMount)('a mount on a loop device, in use, is unmounted and detached', async () => {
  const deadMan = await startDeadMan();
  const dir = mkdtempSync(join(tmpdir(), 'redproof-dead-man-'));
  const outside = mkdtempSync(join(tmpdir(), 'redproof-dead-man-disk-'));
  const [disk, mountPoint] = [join(outside, 'disk'), join(dir, 'mnt')];
  deadMan.registerDirectory(dir);
  await execa('sh', ['-c', `mkdir "${mountPoint}" && truncate -s 8M "${disk}" && mkfs.ext4 -q "${disk}"`]);
  const { stdout: loop } = await execa('losetup', ['--find', '--show', disk]);
  deadMan.registerMount(mountPoint, loop);
  await execa('mount', [loop, mountPoint]);
  writeFileSync(join(mountPoint, 'file'), 'x');
  launch(
    { name: 'user', command: 'sleep', args: ['60'], cwd: mountPoint, logFile: join(mountPoint, 'log') },
    deadMan,
  );
  await deadMan.dismiss();
  expect((await execa('losetup', ['--associated', disk])).stdout).toBe('');
  expect((await execa('cat', ['/proc/self/mountinfo'])).stdout).not.toContain(mountPoint);
  expect(existsSync(dir)).toBe(false);
  rmSync(outside, { recursive: true });
});

test.runIf(canMount)('a loop device that was never registered is detached for its file', async () => {
  const deadMan = await startDeadMan();
  const dir = mkdtempSync(join(tmpdir(), 'redproof-dead-man-'));
  deadMan.registerDirectory(dir);
  const disk = join(dir, 'disk');
  await execa('truncate', ['-s', '8M', disk]);
  const { stdout: loop } = await execa('losetup', ['--find', '--show', disk]);
  await deadMan.dismiss();
  expect((await execa('losetup', ['--list', '--output', 'NAME,BACK-FILE'])).stdout).not.toContain(disk);
  expect(loop).toMatch(/^\/dev\/loop/);
  expect(existsSync(dir)).toBe(false);
});

/** The token is its last argument. */
function helperPid({ token }: DeadMan): number {
  const pid = allPids().find((candidate) => commandLine(candidate).includes(`\0${token}\0`));
  if (pid === undefined) throw new Error(`no dead-man with the token ${token}`);
  return pid;
}

function refusesToRegister(deadMan: DeadMan): boolean {
  try {
    deadMan.registerDirectory(join(tmpdir(), 'redproof-never-made'));
    return false;
  } catch {
    return true;
  }
}
