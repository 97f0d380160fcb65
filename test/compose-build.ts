// Docker Compose for tests, where Docker has no such plugin and Go is there: built once into .tools/bin. `go install` refuses its
// go.mod (it excludes versions), so the module is downloaded and built as itself.

import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { findCompose } from '../harness/toolchain/compose.ts';
import { withLock } from '../harness/toolchain/lock.ts';
import { searchPath } from '../harness/toolchain/path.ts';

const version = 'v2.40.3';
/** It took 209 s on two cores with nothing cached. Where it would take much longer, the tests do without. */
const deadlineMs = 6 * 60_000;

export async function provideCompose(root: string, say: (line: string) => void): Promise<void> {
  const go = searchPath('go', process.env.PATH ?? '');
  if (go === undefined) return;
  const bin = join(root, '.tools/bin');
  mkdirSync(bin, { recursive: true });
  await withLock(join(root, '.tools/compose.lock'), 2 * deadlineMs, async () => {
    if (await findCompose(root, process.env).catch(() => undefined)) return;
    say(`no Docker Compose here: building ${version} with Go into .tools/bin; it takes a few minutes, once`);
    const making = mkdtempSync(join(root, '.tools/compose-making-'));
    const source = join(making, 'source');
    const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=mod -modcacherw' };
    const cancelSignal = AbortSignal.timeout(deadlineMs);
    const run = (args: string[], cwd: string) => execa(go, args, { cwd, env, cancelSignal });
    try {
      const { stdout } = await run(
        ['mod', 'download', '-json', `github.com/docker/compose/v2@${version}`],
        making,
      );
      cpSync((JSON.parse(stdout) as { Dir: string }).Dir, source, { recursive: true });
      await execa('chmod', ['-R', 'u+w', source]);
      const stamp = `-s -w -X github.com/docker/compose/v2/internal.Version=${version}`;
      await run(
        ['build', '-trimpath', '-ldflags', stamp, '-o', join(making, 'docker-compose'), './cmd'],
        source,
      );
      renameSync(join(making, 'docker-compose'), join(bin, 'docker-compose'));
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  });
}
