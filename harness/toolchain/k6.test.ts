// Where k6 comes from: real files and real processes, small programs in the place of k6, Go and Docker. That a real Go builds a
// real k6 is tested where one is needed (harness/load.test.ts).

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeadMan, startDeadMan } from '../system/dead-man.ts';
import { waitUntil } from '../wait.ts';
import { provideK6 } from './k6.ts';

const dir = mkdtempSync(join(tmpdir(), 'k6-test-'));
let deadMan: DeadMan;
beforeAll(async () => {
  deadMan = await startDeadMan();
});
afterAll(async () => {
  await deadMan.dismiss();
  rmSync(dir, { recursive: true, force: true });
});

const tempDir = () => mkdtempSync(join(dir, 'x-'));
const k6Says = (version: string) => `echo 'k6 ${version} (go1.26.8, linux/amd64)'`;

/** A program that is a shell script. */
function script(where: string, name: string, body: string): string {
  mkdirSync(where, { recursive: true });
  const path = join(where, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Go, as far as it is asked: it says its version, and "builds" by writing a script into $GOBIN. */
function fakeGo(version: string, install: string): string {
  const path = tempDir();
  script(path, 'go', `case "$1" in env) echo go${version};; install) ${install};; esac`);
  return path;
}
const builds = `mkdir -p "$GOBIN"; echo "go: downloading x" >&2; printf '#!/bin/sh\\n%s\\n' "echo 'k6 v2.2.0 (go1.26.8, linux/amd64)'" > "$GOBIN/k6"; chmod +x "$GOBIN/k6"`;

/** A PATH on which there is what a script needs, and neither Go, k6 nor Docker of this machine. */
function only(...places: string[]): string {
  const bare = tempDir();
  for (const tool of ['mkdir', 'chmod', 'sleep', 'cp']) script(bare, tool, `exec /bin/${tool} "$@"`);
  return [...places, bare].join(':');
}

const said: string[] = [];
interface Scene {
  K6?: string;
  PATH?: string;
  root?: string;
  signal?: AbortSignal;
}
function provide({ root = tempDir(), signal = new AbortController().signal, ...env }: Scene) {
  said.length = 0;
  const say = (line: string) => void said.push(line);
  return provideK6({ root, env, deadMan, say, progress: () => {}, signal });
}
const provideOnly = (PATH: string, root = tempDir(), signal = new AbortController().signal) =>
  provide({ PATH, root, signal });

describe('K6', () => {
  test('is used when it will do', async () => {
    const path = script(tempDir(), 'my-k6', k6Says('v2.2.0'));
    expect(await provide({ K6: path })).toEqual({ path, version: '2.2.0', from: 'K6' });
  });
  test('may be built from a checkout', async () => {
    const path = script(tempDir(), 'my-k6', k6Says('(devel)'));
    expect(await provide({ K6: path })).toMatchObject({ version: '(devel)' });
  });
  test('that does not exist is refused', async () => {
    await expect(provide({ K6: '/nowhere/k6' })).rejects.toThrow(
      'K6=/nowhere/k6: /nowhere/k6 does not exist; expected the path of a k6 2.0 or newer',
    );
  });
  test('that is a directory is refused', async () => {
    await expect(provide({ K6: '/tmp' })).rejects.toThrow('/tmp is not an executable file');
  });
  test('that is no k6 is refused with what it said', async () => {
    await expect(provide({ K6: '/bin/ls' })).rejects.toThrow(
      /\/bin\/ls is not a working k6: `version` said: \S/,
    );
  });
  test('that is too old is refused with path and version', async () => {
    const path = script(tempDir(), 'k6', k6Says('v0.57.0'));
    await expect(provide({ K6: path })).rejects.toThrow(`${path} is k6 0.57.0; k6 2.0 or newer is needed`);
  });
});

describe('PATH, then .tools/bin', () => {
  test('the one on PATH comes first', async () => {
    const place = tempDir();
    const path = script(place, 'k6', k6Says('v2.3.1'));
    const root = tempDir();
    script(join(root, '.tools/bin'), 'k6', k6Says('v2.2.0'));
    expect(await provideOnly(only(place), root)).toEqual({ path, version: '2.3.1', from: `PATH (${path})` });
  });
  test('an old one on PATH is passed over, and said', async () => {
    const place = tempDir();
    script(place, 'k6', k6Says('v1.0.0'));
    const root = tempDir();
    const path = script(join(root, '.tools/bin'), 'k6', k6Says('v2.2.0'));
    expect(await provideOnly(only(place), root)).toMatchObject({ path, from: '.tools/bin/k6' });
    expect(said.join()).toContain('k6 1.0.0; k6 2.0 or newer is needed');
  });
});

describe('Go', () => {
  test('builds it once, by whichever of two is first, and leaves nothing else', async () => {
    const root = tempDir();
    const path = only(fakeGo('1.26.8', `sleep 0.3; ${builds}`));
    const both = await Promise.all([provideOnly(path, root), provideOnly(path, root)]);
    const wanted = {
      path: join(root, '.tools/bin/k6'),
      version: '2.2.0',
      from: '.tools/bin/k6, built with Go 1.26.8',
    };
    expect(both).toEqual([wanted, wanted]);
    expect(said.filter((line) => line.includes('building k6 2.2.0 with Go 1.26.8'))).toHaveLength(1);
    expect(readdirSync(join(root, '.tools'))).toEqual(['bin']);
  });

  test('that is too old is passed over', async () => {
    const path = only(fakeGo('1.24.9', builds));
    await expect(provideOnly(path)).rejects.toThrow('is Go 1.24.9; building k6 needs 1.25 or newer');
  });

  test.each([
    ['fails', 'echo "no route to the proxy" >&2; exit 1', 'failed: no route to the proxy'],
    [
      'makes something that does not run',
      `mkdir -p "$GOBIN"; echo broken > "$GOBIN/k6"; chmod +x "$GOBIN/k6"`,
      'is not a working k6',
    ],
  ])('that %s leaves no k6, and the reason is told', async (_, install, why) => {
    const root = tempDir();
    await expect(provideOnly(only(fakeGo('1.25.0', install)), root)).rejects.toThrow(why);
    expect(existsSync(join(root, '.tools/bin/k6'))).toBe(false);
    expect(readdirSync(join(root, '.tools'))).toEqual(['bin']);
  });

  test('interrupted: the build and its children are gone, and so is what it had made', async () => {
    const root = tempDir();
    const marker = join(tempDir(), 'pid');
    const path = only(fakeGo('1.26.8', `echo $$ > ${marker}; sleep 60`));
    const interrupted = new AbortController();
    const providing = provideOnly(path, root, interrupted.signal);
    providing.catch(() => {});
    await waitUntil(() => existsSync(marker), { what: 'the build to begin', deadlineMs: 10_000 });
    const beganMs = performance.now();
    interrupted.abort(new Error('SIGINT'));
    await expect(providing).rejects.toThrow('SIGINT');
    expect(performance.now() - beganMs).toBeLessThan(2000);
    expect(readdirSync(join(root, '.tools'))).toEqual(['bin']);
    expect(existsSync(join(root, '.tools/bin/k6'))).toBe(false);
  });
});

describe('Docker', () => {
  /** Answers as docker does; `cp` copies a script out of the "image". */
  const docker = (server: string, calls: string) => {
    const [place, image] = [tempDir(), tempDir()];
    const program = script(image, 'k6', k6Says('v2.2.0'));
    script(
      place,
      'docker',
      `echo "$@" >> ${calls}; case "$1" in version) ${server};; create) echo pulling; echo c0ffee;; cp) cp ${program} "$3";; esac`,
    );
    return place;
  };

  test('has it in its image: the program is copied, no container runs or stays', async () => {
    const calls = join(tempDir(), 'calls');
    const root = tempDir();
    const found = await provideOnly(only(docker('echo 28.0', calls)), root);
    expect(found).toEqual({
      path: join(root, '.tools/bin/k6'),
      version: '2.2.0',
      from: '.tools/bin/k6, out of the image grafana/k6:2.2.0',
    });
    const verbs = readFileSync(calls, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(verbs).toEqual(['version', 'create', 'cp', 'rm']);
    expect(readdirSync(join(root, '.tools'))).toEqual(['bin']);
  });

  test('that is not running is passed over with its own words', async () => {
    const calls = join(tempDir(), 'calls');
    const path = only(docker('echo "Cannot connect to the Docker daemon" >&2; exit 1', calls));
    await expect(provideOnly(path)).rejects.toThrow('docker version: Cannot connect to the Docker daemon');
  });
});

test('none of all: what was tried, and how to get one', async () => {
  const message = await provideOnly(only()).catch((error: Error) => error.message);
  for (const text of [
    'no k6 2.0 or newer was found or could be provided',
    'no k6 on PATH',
    'none in .tools/bin',
    'no Go on PATH',
    'no Docker on PATH',
    'install k6 (https://grafana.com/docs/k6/',
    'Go 1.25 or newer',
    'set K6 to the path',
  ]) {
    expect(message).toContain(text);
  }
});
