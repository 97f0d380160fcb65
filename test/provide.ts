// Before all tests: what they need from outside is found or provided, and said. The first time k6 is built, which takes both
// cores for minutes; no test should have to share the machine with that.

import { resolve } from 'node:path';
import { startDeadMan } from '../harness/system/dead-man.ts';
import { provideK6 } from '../harness/toolchain/k6.ts';
import { provideMonitoring } from '../harness/toolchain/prometheus.ts';
import { provideRedis } from '../harness/toolchain/redis.ts';
import { provideCompose } from './compose-build.ts';
import { provideEngine } from './engine.ts';

export default async function provide(): Promise<void> {
  const root = resolve(import.meta.dirname, '..');
  const say = (line: string) => console.log(line);
  const options = { root, env: process.env, say };
  await provideRedis(options);
  // Without these the tests that need them are skipped, and say why.
  await provideMonitoring(options).catch(() => {});
  if (await provideEngine(say).catch(() => false)) await provideCompose(root, say).catch(() => {});
  const deadMan = await startDeadMan();
  const { signal } = new AbortController();
  await provideK6({ ...options, deadMan, progress: () => {}, signal })
    .catch(() => {})
    .finally(deadMan.dismiss);
}
