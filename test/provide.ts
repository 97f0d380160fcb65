// Before all tests: what they need from outside is found or provided, and said. The first time k6 is built, which takes both
// cores for minutes; no test should have to share the machine with that.

import { resolve } from 'node:path';
import { startDeadMan } from '../harness/system/dead-man.ts';
import { provideK6 } from '../harness/toolchain/k6.ts';
import { provideRedis } from '../harness/toolchain/redis.ts';

export default async function provide(): Promise<void> {
  const root = resolve(import.meta.dirname, '..');
  const say = (line: string) => console.log(line);
  await provideRedis({ root, env: process.env, say });
  const deadMan = await startDeadMan();
  const { signal } = new AbortController();
  // Without it the tests that need it are skipped, and say why.
  await provideK6({ root, env: process.env, deadMan, say, progress: () => {}, signal })
    .catch(() => {})
    .finally(deadMan.dismiss);
}
