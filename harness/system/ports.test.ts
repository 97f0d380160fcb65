import { expect, test, vi } from 'vitest';

/** As another process would have it: what it remembers is its own. */
async function another(): Promise<() => Promise<number>> {
  vi.resetModules();
  return (await import('./ports.ts')).freePort;
}

test('two harnesses at the same time are never told the same port', async () => {
  const [one, other] = [await another(), await another()];
  const ports: number[] = [];
  for (let i = 0; i < 500; i++) ports.push(...(await Promise.all([one(), other()])));
  expect(new Set(ports).size).toBe(1000);
});
