// The calibration of the power cut: what was synced is all there after it, what was not is gone; the process that wrote is
// dead. And that neither a mount nor a loop device stays behind, when the disk is removed and when the harness dies.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeadMan, startDeadMan } from './dead-man.ts';
import { createDisk, type Disk, whyNoDisk } from './disk.ts';
import { mounts } from './proc.ts';
import { launch } from './process.ts';

const deadMan = await startDeadMan();
const trouble = await whyNoDisk(deadMan);
afterAll(() => deadMan.dismiss());

describe.runIf(trouble === undefined)('a disk whose power can be cut', () => {
  let dir: string;
  let disk: Disk;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'redproof-disk test-')); // with a space: mountinfo writes it as \040
    deadMan.registerDirectory(dir);
    disk = await createDisk(dir, 16, deadMan);
    return async () => {
      await disk.remove();
      expect(mounts().filter(({ path }) => path.startsWith(dir))).toEqual([]);
      expect(await loopsIn(dir)).toEqual([]);
      rmSync(dir, { recursive: true, force: true });
    };
  });
  const file = (name: string) => join(disk.mountPoint, name);
  const write = (name: string, text: string, synced: boolean) => {
    const fd = openSync(file(name), 'a');
    writeSync(fd, text);
    if (synced) fsyncSync(fd);
    closeSync(fd);
  };

  test('three cuts: synced writes all stay, unsynced ones all go, and whoever wrote is dead', async () => {
    for (let cut = 0; cut < 3; cut++) {
      const names = Array.from({ length: 20 }, (_, index) => `${cut}-${index}`);
      for (const name of names) write(`synced-${name}`, 's'.repeat(5000), true);
      for (const name of names) write(`synced-${name}`, 'u'.repeat(5000), false);
      for (const name of names) write(`unsynced-${name}`, 'u'.repeat(5000), false);
      expect(statSync(file(`unsynced-${cut}-0`)).size).toBe(5000);
      const victim = sleeper(disk.mountPoint, dir, deadMan);
      const off = await disk.cutPower(victim.pid);
      expect(off).toMatchObject({ writeRefused: 'EIO', canaryBytesBefore: 65536 });
      expect(await victim.exited).toMatchObject({ signal: 'SIGKILL' });
      expect(await disk.powerUp()).toEqual({ canaryBytesAfter: 0, syncedBytesAfter: 65536 });
      for (const name of names) {
        expect(readFileSync(file(`synced-${name}`), 'utf8')).toBe('s'.repeat(5000));
        expect(statSync(file(`unsynced-${name}`), { throwIfNoEntry: false })?.size ?? 0).toBe(0);
      }
    }
  });

  test('full: not a byte more; freed: as before', () => {
    write('log', 'x', true);
    expect(disk.fill()).toBeGreaterThan(1 << 20);
    expect(() => writeFileSync(file('more'), 'x'.repeat(5000))).toThrow('ENOSPC');
    expect(disk.fill()).toBe(0);
    disk.free();
    rmSync(file('more'), { force: true });
    write('more', 'x'.repeat(5000), true);
    expect(statSync(file('more')).size).toBe(5000);
  });
});

test.runIf(trouble === undefined)('what the dead-man finds mounted, it unmounts and detaches', async () => {
  const own = await startDeadMan();
  const dir = mkdtempSync(join(tmpdir(), 'redproof-disk-'));
  own.registerDirectory(dir);
  const disk = await createDisk(dir, 8, own);
  sleeper(disk.mountPoint, dir, own);
  await disk.cutPower(0); // a disk without power can still be unmounted
  await own.dismiss();
  expect(existsSync(dir)).toBe(false);
  expect(mounts().filter(({ path }) => path.startsWith(dir))).toEqual([]);
  expect(await loopsIn(dir)).toEqual([]);
});

test.runIf(trouble === undefined)('no room for it: which step failed, and nothing is left', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'redproof-disk-'));
  deadMan.registerDirectory(dir);
  await expect(createDisk(dir, 2 ** 40, deadMan)).rejects.toThrow(/^fallocate: .*(too large|No space)/);
  expect(await loopsIn(dir)).toEqual([]);
  rmSync(dir, { recursive: true });
});

test.runIf(trouble === undefined)('a mount point that is not empty is refused by name', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'redproof-disk-'));
  deadMan.registerDirectory(dir);
  await execa('mkdir', ['-p', join(dir, 'disk/somebody')]);
  await expect(createDisk(dir, 8, deadMan)).rejects.toThrow(`${join(dir, 'disk')} is not empty`);
  rmSync(dir, { recursive: true });
});

function sleeper(cwd: string, dir: string, owner: DeadMan) {
  return launch(
    { name: 'sleeper', command: 'sleep', args: ['60'], cwd, logFile: join(dir, 'sleeper.log') },
    owner,
  );
}

async function loopsIn(dir: string): Promise<string[]> {
  const { stdout } = await execa('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return stdout.split('\n').filter((file) => file.includes(dir));
}
