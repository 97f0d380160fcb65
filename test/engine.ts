// A Docker engine for a test file: one that answers already, or, for root on a Debian, one that is started from the unpacked
// packages on a socket and with data of its own, and is gone when the file ends, the images with it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { startDeadMan } from '../harness/system/dead-man.ts';
import { launch } from '../harness/system/process.ts';
import { type DebianPackage, unpackPackage } from '../harness/toolchain/debian-package.ts';
import { type Engine, findEngine } from '../harness/toolchain/docker.ts';

const root = resolve(import.meta.dirname, '..');

const docker: DebianPackage = {
  dir: 'docker',
  packages: ['docker.io', 'containerd', 'runc', 'tini'],
  programs: ['containerd', '../sbin/dockerd', '../sbin/runc'],
  main: { name: 'containerd', title: 'containerd', says: /^containerd \S+ v?(\d+\.\d+\.\d+)/m, floor: '1.6' },
};

export interface TestEngine {
  engine: Engine;
  /** Call it when the file is done. */
  stop(): Promise<void>;
}

/** Unpacks an engine into .tools/ where none answers. @returns whether there is one now */
export async function provideEngine(say: (line: string) => void): Promise<boolean> {
  if (await answers()) return true;
  if (process.getuid?.() !== 0) return false;
  return (await unpackPackage(root, docker, process.env.PATH ?? '', say)) !== undefined;
}

/** @throws {Error} that says why there is none. From then on DOCKER_HOST leads to it. */
export async function startEngine(): Promise<TestEngine> {
  if (await answers()) return { engine: await findEngine(), stop: async () => {} };
  const none = 'no Docker engine answers here';
  if (process.getuid?.() !== 0) throw new Error(`${none}, and to start one takes root`);
  const unpacked = await unpackPackage(root, docker, process.env.PATH ?? '', () => {});
  if (unpacked === undefined) throw new Error(`${none}, and this is no Debian or Ubuntu`);

  const deadMan = await startDeadMan();
  const dir = mkdtempSync(join(tmpdir(), 'redproof-docker-'));
  deadMan.registerDirectory(dir);
  const hadBridge = await hasBridge();
  const daemon = launch(
    {
      name: 'dockerd',
      // A mount namespace of its own: what it mounts ends with it, however that comes. What others mount it sees.
      command: 'unshare',
      args: ['--mount', '--propagation', 'slave', 'dockerd', ...optionsIn(dir)],
      env: {
        ...unpacked.env,
        PATH: [join(unpacked.home, 'usr/bin'), join(unpacked.home, 'usr/sbin'), process.env.PATH].join(':'),
      },
      logFile: join(dir, 'dockerd.log'),
    },
    deadMan,
  );
  const stop = async () => {
    await daemon.terminate(10_000);
    if (!hadBridge) await execa('ip', ['link', 'delete', 'docker0'], { reject: false });
    rmSync(dir, { recursive: true, force: true }); // a gigabyte of images: more than the dead-man has time for
    await deadMan.dismiss();
  };
  try {
    await daemon.waitForLog('API listen on', 30_000);
    process.env.DOCKER_HOST = `unix://${join(dir, 'docker.sock')}`;
    return { engine: await findEngine(), stop };
  } catch (error) {
    await stop();
    throw new Error(`no Docker engine can be started here: ${(error as Error).message}`, { cause: error });
  }
}

/** Asked in a process of its own: testcontainers remembers for good where it looked. */
async function answers(): Promise<boolean> {
  const ask =
    "import('testcontainers').then((it) => it.getContainerRuntimeClient()).catch(() => process.exit(1))";
  const { exitCode } = await execa(process.execPath, ['--eval', ask], {
    cwd: root,
    reject: false,
    timeout: 30_000,
  });
  return exitCode === 0;
}

function optionsIn(dir: string): string[] {
  return [
    // The machine's own rules are left alone: ports are published by a process, and what needs the world is given its network.
    ...['--iptables=false', '--ip6tables=false', '--ip-masq=false'],
    ...['--host', `unix://${join(dir, 'docker.sock')}`],
    ...['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec'), '--pidfile', join(dir, 'pid')],
  ];
}

async function hasBridge(): Promise<boolean> {
  return (await execa('ip', ['link', 'show', 'docker0'], { reject: false })).exitCode === 0;
}
