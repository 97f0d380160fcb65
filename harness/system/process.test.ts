// Processes on real ones: the proofs of pause, resume, end and kill, the log, and the errors of a start.

import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monotonicMs } from '../../services/shared/clock.ts';
import { type DeadMan, startDeadMan } from './dead-man.ts';
import { hasProc, readStat, threadStates } from './proc.ts';
import { launch, type ManagedProcess } from './process.ts';

let deadMan: DeadMan;
let dir: string;
let count = 0;
beforeAll(async () => {
  deadMan = await startDeadMan();
  dir = mkdtempSync(join(tmpdir(), 'redproof-process-'));
  deadMan.registerDirectory(dir);
});
afterAll(() => deadMan.dismiss()); // fails if anything survives

function node(script: string, env: Record<string, string> = {}): ManagedProcess {
  const logFile = join(dir, `log-${++count}`);
  return launch({ name: 'fixture', command: process.execPath, args: ['-e', script], env, logFile }, deadMan);
}
function shell(script: string): ManagedProcess {
  return launch(
    { name: 'fixture', command: 'sh', args: ['-c', script], logFile: join(dir, `log-${++count}`) },
    deadMan,
  );
}
const idle = 'setInterval(() => {}, 1000); console.log("up")';

describe('launch', () => {
  test('gives a clean environment, the token, and its own group', async () => {
    process.env.REDPROOF_LEAK = 'x';
    const child = shell('env; echo "end"');
    delete process.env.REDPROOF_LEAK;
    await child.waitForLog('end', 5000);
    const names = readFileSync(child.logFile, 'utf8').match(/^\w+(?==)/gm)!;
    expect(names).toEqual(expect.arrayContaining(['PATH', 'REDPROOF_RUN']));
    expect(names).not.toContain('REDPROOF_LEAK');
    expect(await child.exited).toMatchObject({ code: 0, signal: null });
    expect(child.alive()).toBe(false);
  });
  test('the token cannot be overridden', async () => {
    const child = node('console.log(process.env.REDPROOF_RUN, process.env.MINE)', {
      REDPROOF_RUN: 'no',
      MINE: 'yes',
    });
    await child.waitForLog(`${deadMan.token} yes`, 5000);
  });
  test('says why it cannot start', () => {
    const start = (command: string, cwd = dir) =>
      launch({ name: 'api', command, args: [], cwd, logFile: join(dir, 'never') }, deadMan);
    expect(() => start('no-such-program-here')).toThrow(
      /^api: cannot start no-such-program-here: no such program on PATH/,
    );
    expect(() => start('/no/such')).toThrow('api: cannot start /no/such: no such file');
    expect(() => start('sh', '/no/dir')).toThrow(
      'api: cannot start sh: the working directory /no/dir does not exist',
    );
    const plain = join(dir, 'plain-file');
    writeFileSync(plain, '', { mode: 0o644 });
    expect(() => start(plain)).toThrow(`api: cannot start ${plain}: ${plain} is not executable`);
  });
});

describe.runIf(hasProc)('pause and resume', () => {
  test('every thread is stopped, then none', async () => {
    const child = node(idle);
    await child.waitForLog('up', 5000);
    await child.pause();
    expect(new Set(threadStates(child.pid))).toEqual(new Set(['T']));
    expect(threadStates(child.pid).length).toBeGreaterThan(1);
    await child.resume();
    expect(threadStates(child.pid)).not.toContain('T');
    await child.kill();
  });
  test('a paused process can be killed', async () => {
    const child = node(idle);
    await child.pause();
    const before = monotonicMs();
    const exit = await child.kill();
    expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(exit.atMs).toBeGreaterThanOrEqual(before);
    expect(readStat(child.pid)).toBeUndefined();
  });
  test('pausing what has ended is an error, not a wait', async () => {
    const child = shell('exit 3');
    await child.exited;
    await expect(child.pause()).rejects.toThrow('ended (status 3) before it was paused');
  });
});

describe('the end', () => {
  test('terminate: graceful when it ends by itself in time', async () => {
    const child = node(`process.on('SIGTERM', () => process.exit(7)); ${idle}`);
    await child.waitForLog('up', 5000);
    expect(await child.terminate(5000)).toMatchObject({ code: 7, signal: null, graceful: true });
  });
  test('terminate: killed when it does not', async () => {
    const child = node(`process.on('SIGTERM', () => {}); ${idle}`);
    await child.waitForLog('up', 5000);
    expect(await child.terminate(100)).toMatchObject({ signal: 'SIGKILL', graceful: false });
  });
  test('terminate: what had ended before did not end gracefully', async () => {
    const child = shell('exit 0');
    await child.exited;
    expect(await child.terminate(100)).toMatchObject({ code: 0, graceful: false });
  });
  test.runIf(hasProc)('kill takes the whole group', async () => {
    const child = shell('sleep 60 & echo "child $!."; wait');
    await child.waitForLog('.', 5000);
    const pid = Number(/child (\d+)/.exec(readFileSync(child.logFile, 'utf8'))![1]);
    expect(readStat(pid)?.group).toBe(child.pid);
    await child.kill();
    await expect.poll(() => readStat(pid)?.state ?? 'Z').toBe('Z');
  });
});

describe('waitForLog', () => {
  test('fails at once, with the last lines, when the process ends first', async () => {
    const child = shell('for i in 1 2 3 4 5 6 7; do echo "line $i"; done; exit 2');
    const before = monotonicMs();
    await expect(child.waitForLog('never', 30_000)).rejects.toThrow(
      'fixture: ended (status 2) before "never" was in its log; last:\n  line 3\n  line 4\n  line 5\n  line 6\n  line 7',
    );
    expect(monotonicMs() - before).toBeLessThan(5000);
  });
  test('sees the last words of one that ended', async () => {
    const child = shell('echo "last words"');
    await child.exited;
    await child.waitForLog('last words', 0);
  });
  test('fails at the deadline', async () => {
    const child = shell('echo one; exec sleep 60');
    await expect(child.waitForLog('two', 50)).rejects.toThrow(
      /50 ms passed before "two" was in its log; last:\n {2}\S/,
    );
    await child.kill();
  });
  test('ignores what was in the file before, and finds a text across reads', async () => {
    const child = shell('echo');
    const logFile = join(dir, 'shared-log');
    appendFileSync(logFile, 'ready\n');
    const again = launch({ name: 'again', command: 'sh', args: ['-c', 'echo other'], logFile }, deadMan);
    await expect(again.waitForLog('ready', 5000)).rejects.toThrow('ended (status 0) before "ready"');
    await child.exited;
    // 64 KiB are read at a time: this one begins in the first read and ends in the second.
    const script = `process.stdout.write('x'.repeat(64 * 1024 - 3) + 'ready')`;
    const args = ['-e', script];
    const long = launch(
      { name: 'long', command: process.execPath, args, logFile: join(dir, 'long') },
      deadMan,
    );
    await long.waitForLog('ready', 5000);
  });
});
