// Docker images made here, of programs of this machine, where no registry is to be had: `docker import` of a small root file
// system. They never bear an official name.

import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import type { Engine } from '../harness/toolchain/docker.ts';

export interface LocalImage {
  /** `redproof-local/…:test` */
  name: string;
  /** Where each program is here, by the path that it gets there. What it links to comes along. */
  programs: Record<string, string>;
  /** Directories and files, in the same way. */
  files?: Record<string, string>;
  /** For the loader, to find what the programs link to. */
  libraryPath?: string | undefined;
  env?: Record<string, string>;
}

/** What a shell script needs, and a Dockerfile. */
const basics = ['sh', 'cat', 'mkdir', 'hostname', 'env', 'chown', 'id', 'printf', 'rm', 'ls'];

export async function makeLocalImage(image: LocalImage, { docker }: Engine): Promise<void> {
  const { name, programs, files = {}, libraryPath = '', env = {} } = image;
  const root = mkdtempSync(join(tmpdir(), 'redproof-image-'));
  try {
    const all = { ...Object.fromEntries(await Promise.all(basics.map(located))), ...programs };
    for (const [to, from] of Object.entries({ ...all, ...files })) copy(from, join(root, to));
    const { stdout } = await execa('ldd', Object.values(all), {
      env: { LD_LIBRARY_PATH: libraryPath },
      reject: false,
    });
    const libraries = [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1]!);
    for (const library of new Set(libraries)) {
      // One from a place of its own goes where the loader looks.
      const place = /^\/(lib|usr)/.test(library) ? library : join('/usr/lib', basename(library));
      copy(library, join(root, place));
    }
    for (const dir of ['tmp', 'etc', 'data', 'root']) mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n');
    const tar = execa('tar', ['-C', root, '-c', '.'], { encoding: 'buffer', buffer: false });
    const [repo, tag] = name.split(':');
    const changes = Object.entries(env).map(([variable, value]) => `ENV ${variable}=${value}`);
    const options = { fromSrc: '-', repo, tag, changes };
    const stream = await docker.importImage(Readable.from(tar.stdout!), options);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
    await tar;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function located(program: string): Promise<[string, string]> {
  const { stdout } = await execa('sh', ['-c', `command -v "$1" || true`, 'sh', program]);
  return [`/bin/${program}`, stdout.startsWith('/') ? stdout : `/usr/bin/${program}`];
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(from), to, { recursive: true, dereference: true });
}
