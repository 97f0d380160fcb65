// Takes the pictures of docs/observability.md from the report of a stored run, with a Chromium of this machine:
//
//   npm run chaos -- --claim fault/worker-kill-reliable-list --seed 1
//   CHROMIUM=/usr/bin/chromium node docs/pictures/take.ts

import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Locator } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
});
try {
  // High enough for all of it: nothing scrolls away.
  const page = await browser.newPage({ viewport: { width: 860, height: 4000 }, deviceScaleFactor: 1.5 });
  await page.goto(pathToFileURL(join(root, 'runs/latest/report.html')).href);

  const [card, story] = [page.locator('.claim').first(), page.locator('.story').first()];
  await story.locator('summary').click();
  await take('claim.png', card.locator('> header'), card.locator('.timeline').first());
  await take('story.png', card.locator('.stories > p').first(), story);

  /** From the top of one thing to the bottom of another, with a little air. */
  async function take(name: string, first: Locator, last: Locator): Promise<void> {
    const [beside, above] = [16, 6];
    const [from, to] = [(await first.boundingBox())!, (await last.boundingBox())!];
    const clip = {
      x: from.x - beside,
      y: from.y - above,
      width: from.width + 2 * beside,
      height: to.y + to.height - from.y + 2 * above,
    };
    await page.screenshot({ path: join(import.meta.dirname, name), clip });
  }
} finally {
  await browser.close();
}
