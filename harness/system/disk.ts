// A disk of the harness's own whose power can be cut: a file, on a loop device, with an ext4 file system on it. Cutting it
// is the kernel's own shutdown of that file system without a log flush, in one breath with SIGKILL of whoever writes on
// it; what had not reached the file by then is gone for good, as after a power cut. Takes root on Linux. It does not cover
// disks that lie about a flush, torn sectors, or bits that rot.

import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeadMan } from './dead-man.ts';
import { mounts } from './proc.ts';
import { onSystemPath, runTool } from './tool.ts';

export interface Disk {
  readonly mountPoint: string;
  /**
   * Stops that process group, shuts the file system down without flushing anything, and kills the group. What is under way
   * in the kernel fails. Resolves with what shows that the power is off.
   */
  cutPower(group: number): Promise<PowerOff>;
  /** After a cut, when nobody uses it any more: unmounts, mounts again (the journal is replayed). */
  powerUp(): Promise<PowerOn>;
  /** Writes until nothing more fits. @returns bytes written */
  fill(): number;
  /** Undoes `fill`. */
  free(): void;
  /** Unmounts, detaches and removes it. */
  remove(): Promise<void>;
}

export interface PowerOff {
  /** Options of the mount, as the kernel shows them after the cut. */
  mountOptions: string;
  /** The code with which the file system refuses a write: EIO. */
  writeRefused: string | null;
  /** A file of known size that was written right before the cut, and never synced. */
  canaryBytesBefore: number;
}

export interface PowerOn {
  /** The same file after the journal was replayed: gone, or empty. */
  canaryBytesAfter: number;
  /** A file that was synced long before the cut, of as many bytes. */
  syncedBytesAfter: number;
}

const canaryBytes = 64 << 10;
const fillStepBytes = 1 << 20;

/**
 * EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), with EXT4_GOING_FLAGS_NOLOGFLUSH. Perl is on every Debian; Node has no ioctl.
 *
 * Without power nobody computes either, so the process is stopped first: on a file system that is shut down in the middle
 * of an fsync, that fsync may return success though its journal was aborted (jbd2_complete_transaction finds neither a
 * running nor a committing transaction), and a Redis that goes on for these microseconds would acknowledge the write.
 * A thread in D is in the kernel; it stops before it comes out.
 */
const cutScript = `
my ($mount, $group) = @ARGV;
open(my $root, "<", $mount) or die "open $mount: $!\\n";
if ($group) {
  kill("-STOP", $group);
  for (my $running = 1, my $looks = 0; $running; $looks++) {
    die "process $group does not stop\\n" if $looks > 100000;
    $running = 0;
    for my $file (glob("/proc/$group/task/*/stat")) {
      open(my $stat, "<", $file) or next;
      $running = 1 if (<$stat> // "") !~ /^.*\\) [TDZX] /s;
    }
  }
}
my $withoutLogFlush = pack("L", 2);
my $done = ioctl($root, 0x8004587d, $withoutLogFlush);
my $why = $!;
kill("-KILL", $group) if $group;
$done or die "EXT4_IOC_SHUTDOWN: $why\\n";
`;

/**
 * A new, empty disk, mounted. @param dir an own directory that the dead-man knows; image and mount point are in it
 * @throws {Error} that says which step failed and why; nothing is left mounted then
 */
export async function createDisk(dir: string, sizeMiB: number, deadMan: DeadMan): Promise<Disk> {
  const mountPoint = join(dir, 'disk');
  const image = join(dir, 'disk.img');
  const run = (tool: string, args: string[]) => runTool(tool, args, deadMan);
  mkdirSync(mountPoint, { recursive: true });
  assert(readdirSync(mountPoint).length === 0, `${mountPoint} is not empty`);
  // Allocated, not sparse: else a full host would look like a broken disk in the middle of a run.
  await run('fallocate', ['--length', `${sizeMiB}MiB`, image]);
  // No reserve for root, which Redis may run as; nothing left to a background thread that would write on its own.
  const features = ['-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard', '-m', '0'];
  await run('mkfs.ext4', ['-q', '-F', ...features, image]);
  const device = await run('losetup', ['--find', '--show', image]);
  const canary = join(mountPoint, 'canary-unsynced');
  const synced = join(mountPoint, 'canary-synced');
  const filler = join(mountPoint, 'filler');

  const mount = async () => {
    await run('mount', ['-t', 'ext4', device, mountPoint]);
    writeSynced(synced);
  };
  const unmount = () => run('umount', [mountPoint]);
  const remove = async () => {
    if (isMounted(mountPoint)) await unmount();
    await run('losetup', ['--detach', device]);
    deadMan.forgetMount(mountPoint);
    rmSync(image, { force: true });
  };
  deadMan.registerMount(mountPoint, device);
  try {
    await mount();
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }

  return {
    mountPoint,
    cutPower: async (group) => {
      writeFileSync(canary, Buffer.alloc(canaryBytes, 'c'));
      const canaryBytesBefore = statSync(canary).size;
      await run('perl', ['-e', cutScript, mountPoint, String(group)]);
      return { mountOptions: mountOptions(mountPoint), writeRefused: writeError(canary), canaryBytesBefore };
    },
    powerUp: async () => {
      await unmount();
      // Looked at before anything is written again.
      await run('mount', ['-t', 'ext4', device, mountPoint]);
      const seen = { canaryBytesAfter: sizeBytes(canary), syncedBytesAfter: sizeBytes(synced) };
      rmSync(canary, { force: true });
      return seen;
    },
    fill: () => {
      const fd = openSync(filler, 'a');
      let writtenBytes = 0;
      try {
        for (let stepBytes = fillStepBytes; stepBytes >= 1; ) {
          try {
            writtenBytes += writeSync(fd, Buffer.alloc(stepBytes));
            fsyncSync(fd); // else ext4 only promises the space, and a promise can be taken back
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            stepBytes = Math.floor(stepBytes / 4);
          }
        }
      } finally {
        closeSync(fd);
      }
      return writtenBytes;
    },
    free: () => rmSync(filler, { force: true }),
    remove,
  };
}

let probed: Promise<string | undefined> | undefined;

/** Why no such disk can be made here, and how to get one; `undefined` if it can. Tried for real, once. */
export function whyNoDisk(deadMan: DeadMan): Promise<string | undefined> {
  probed ??= probe(deadMan);
  return probed;
}

async function probe(deadMan: DeadMan): Promise<string | undefined> {
  const right = 'run it as root on Linux, or in a container with --privileged and -v /dev:/dev';
  const need = 'it needs a disk whose power can be cut (ext4 on a loop device)';
  if (process.platform !== 'linux') return `${need}, which only Linux has; ${right}`;
  if (process.getuid?.() !== 0) return `${need}, and mounting one takes root; ${right}`;
  if (!existsSync('/dev/loop-control')) return `${need}, and there is no /dev/loop-control here; ${right}`;
  const missing = ['perl', 'mkfs.ext4', 'fallocate', 'losetup', 'mount', 'umount'].filter(
    (tool) => !onSystemPath(tool),
  );
  if (missing.length > 0)
    return `${need}, and ${missing.join(', ')} is missing here; apt install perl e2fsprogs mount`;
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < spaceBytes) {
    return `${need}, and ${tmpdir()} has only ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free of ${spaceBytes / 2 ** 20}; make room, or set TMPDIR`;
  }
  const dir = mkdtempSync(join(tmpdir(), 'redproof-disk-'));
  deadMan.registerDirectory(dir);
  try {
    const disk = await createDisk(dir, 4, deadMan);
    await disk.remove();
    return undefined;
  } catch (error) {
    return `${need}, and that did not work here: ${(error as Error).message}; ${right}`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** For two disks at a time and what else a run puts there. */
const spaceBytes = 320 * 2 ** 20;

function writeSynced(file: string): void {
  const fd = openSync(file, 'w');
  writeSync(fd, Buffer.alloc(canaryBytes, 's'));
  fsyncSync(fd);
  closeSync(fd);
}

/** With what code a write fails; null if it does not. */
function writeError(file: string): string | null {
  try {
    writeFileSync(file, 'x');
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

function sizeBytes(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function isMounted(path: string): boolean {
  return mounts().some((mount) => mount.path === path);
}

function mountOptions(path: string): string {
  return mounts().find((mount) => mount.path === path)?.options ?? '';
}
