// The page: every claim and every fault is on it, nothing that a run says can become markup, and nothing is fetched.

import { expect, test } from 'vitest';
import type { Fault } from '../op.ts';
import { escapeHtml } from './html/markup.ts';
import { storyKey } from './html/story.ts';
import { htmlReport } from './html.ts';
import { type ClaimResult, type Results, summaryOf } from './result.ts';
import { storyOf } from './story.ts';
import { job, lostAttempt, faults as strikes, trace } from './testing/lost-attempt.ts';

const hostile = `</style></title><script>alert("1")</script><img src=x onerror='alert(2)'>&amp;\u0000\u001b[31m\`\${x}`;
const tags =
  /^(!doctype|html|head|body|meta|link|title|style|main|header|footer|nav|section|article|figure|figcaption|h[1-4]|p|b|br|a|span|div|dl|dt|dd|ul|li|table|thead|tbody|tr|th|td|details|summary|code|svg|g|line|rect|circle|path|text)$/;

function fault(atMs: number, more: Partial<Fault> = {}): Fault {
  return {
    kind: 'worker-kill',
    target: 'worker-1',
    atMs,
    healedAtMs: atMs + 500,
    landed: true,
    proof: { pid: atMs },
    ...more,
  };
}

function claim(id: string, more: Partial<ClaimResult> = {}): ClaimResult {
  return {
    id,
    section: 'Fault Tolerance',
    statement: `what ${id} states`,
    verdict: 'held',
    why: `why ${id} held`,
    evidence: { lost: 0, acknowledged: 178, recoveryMsP99: 1243.4, recoveryMsBound: 1500 },
    faults: [],
    control: {
      statement: `${id} without`,
      failedAsExpected: true,
      why: `${id} broke`,
      evidence: { lost: 21 },
      faults: [],
    },
    durationMs: 1234,
    ...more,
  };
}

const usl = { lambda: 18.8, sigma: 0, kappa: 0, peakWorkers: null, fitErrorPercentMax: 1 };
const scaling = claim('scaling/x', {
  evidence: {
    efficiency: 1,
    scalability: [
      { workers: 1, jobsPerSecond: 18.8, efficiency: 1 },
      { workers: 8, jobsPerSecond: 150.4, efficiency: 1 },
    ],
    usl,
  },
  control: {
    ...claim('x').control,
    evidence: {
      scalability: [
        { workers: 1, jobsPerSecond: 19, efficiency: 1 },
        { workers: 4, jobsPerSecond: 38, efficiency: 0.5 },
        { workers: 16, jobsPerSecond: 36, efficiency: 0.12 },
      ],
      usl: { ...usl, sigma: 0.5, kappa: 0.001, peakWorkers: 22, fitErrorPercentMax: 3 },
    },
  },
});

function results(...claims: ClaimResult[]): Results {
  const redis = { version: '7.0.15', provider: 'binary' as const };
  const startedAt = '2026-11-23T09:00:00.000Z';
  const run = {
    id: 'r-7',
    startedAt,
    durationMs: 1000,
    seed: 7,
    commit: 'c0ffee00c0ffee',
    node: 'v24',
    platform: 'linux',
    cpus: 2,
    redis,
    system: 'processes' as const,
  };
  return { schema: 1, run, claims, summary: summaryOf(claims) };
}

test('every claim: verdict, statement, why, evidence with units, control, and how to run it again', () => {
  const page = htmlReport(results(claim('a/one'), claim('b/two', { verdict: 'refuted', section: 'Other' })));
  for (const id of ['a/one', 'b/two']) {
    for (const text of [`what ${id} states`, `why ${id} held`, `${id} without`, `${id} broke`])
      expect(page).toContain(text);
    expect(page.replaceAll(/<[^>]*>/g, '')).toContain(`npm run chaos -- --claim ${id} --seed 7`);
  }
  for (const text of ['1 of 2 claims held', 'c0ffee00', '7.0.15', '>Other<', '0 lost of 178 jobs'])
    expect(page).toContain(text);
  expect(page).toMatch(/recovery p99, <span class="unit">ms<\/span><\/th><td>1,243<\/td><td class="none">–/);
  expect(page).toMatch(/lost<\/th><td>0<\/td><td>21<\/td>/);
});

test('every fault of both arms is a mark with its proof, whether it landed or healed or not', () => {
  const faults = [fault(100), fault(200), fault(300, { healedAtMs: null }), fault(9000, { landed: false })];
  const control = {
    ...claim('x').control,
    faults: [fault(5000, { kind: 'redis-kill', proof: { runIdChanged: true } })],
  };
  const page = htmlReport(results(claim('a/one', { faults, control })));
  expect(page.match(/<circle /g)).toHaveLength(5);
  expect(page.match(/class="fault missed"/g)).toHaveLength(1);
  expect(page.match(/class="span"/g)).toHaveLength(4);
  for (const { atMs } of faults) expect(page).toContain(`at ${(atMs / 1000).toFixed(2)} s`);
  expect(page).toContain('runIdChanged: true');
});

test('scalability is a plot: every point of both arms, a curve and an ideal for each, and the law in words', () => {
  const page = htmlReport(results(scaling));
  expect(page.match(/<circle class="of-claim"/g)).toHaveLength(2);
  expect(page.match(/<circle class="of-control"/g)).toHaveLength(3);
  expect(page.match(/<path class="fitted /g)).toHaveLength(2);
  expect(page.match(/<path class="ideal /g)).toHaveLength(2);
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
  for (const text of ['150 jobs/s with 8, efficiency 1.00', 'σ 0.5', 'no peak', 'fits within 3 %'])
    expect(page).toContain(text);
  const { control } = claim('x');
  const alone = htmlReport(results({ ...scaling, control }));
  expect(alone.match(/<path class="fitted /g)).toHaveLength(1);
  expect(htmlReport(results(claim('x')))).not.toContain('class="plot"');
});

test('a claim without faults, without evidence, skipped, or repeated is on the page too', () => {
  const skipped = claim('s/kipped', { verdict: 'skipped', evidence: {}, why: 'needs a Redis of its own' });
  const repeats = [{ seed: 8, verdict: 'unknown' as const, why: 'the second run' }];
  const page = htmlReport(results(skipped, claim('r/epeated', { repeats })));
  for (const text of ['needs a Redis of its own', 'the second run', '1 runs']) expect(page).toContain(text);
  expect(page).not.toContain('s/kipped broke'); // its control did not run
  expect(htmlReport(results())).toContain('0 of 0 claims held');
});

test('a control that did not fail is said at the top', () => {
  const blind = { ...claim('x').control, failedAsExpected: false };
  const page = htmlReport(results(claim('a/one', { verdict: 'unknown', control: blind }), claim('b/two')));
  expect(page).toContain('1 of 2 controls did not fail as they must');
  expect(page).toContain('did not fail as it must</span>');
});

const counts = { spans: 7, spansLeftOut: 0, spanRequestsRefused: 0 };
const tracesOf = (
  dir: string,
  ...listed: { job: string; why: 'lost' | 'redelivered'; traceId: string | null }[]
) => ({
  dir,
  ...counts,
  jobs: { lost: 1, duplicated: 0, redelivered: 1200 },
  listed,
});

test('a job whose trace is known has its story on the page: every span, tombstones and faults marked', () => {
  const of = { job, why: 'redelivered' as const, traceId: trace };
  const control = { ...claim('x').control, traces: tracesOf('c/control', { ...of, why: 'lost' }) };
  const all = results(claim('a/one', { traces: tracesOf('c', of, { ...of, job: 'another' }), control }));
  const stories = new Map([[storyKey('c', trace), storyOf(lostAttempt, strikes)]]);
  const page = htmlReport(all, stories);
  const story = /<details class="story">.*?<\/details>/s.exec(page)![0];
  expect(story.match(/<tr class="/g)).toHaveLength(8);
  const lost = story.match(/<tr class="tombstone failed">.*?<\/tr>/s)![0];
  expect(lost).toMatch(/>1\.010<.*>90<.*>worker-1<.*† process submissions/);
  expect(lost.replaceAll(/<[^>]*>/g, '')).toContain('attempt 1 · worker_lost · told by worker-3');
  expect(story.match(/<tr class="fault">.*?<\/tr>/s)![0]).toMatch(/>1\.050<.*>450<.*✱ worker-kill/);
  expect(story).not.toMatch(/NaN|Infinity|undefined/);
  for (const text of [
    trace,
    `redelivered: <code>${job}</code>, from 1.000 to 1.150 s`,
    'Redis commands not shown: 1',
  ])
    expect(story).toContain(text);
  expect(page).toContain('1 lost, 1,200 redelivered');
  // The other arm has no such story, though its trace has the same number; it says how to get one.
  expect(page.match(/class="story"/g)).toHaveLength(2); // both jobs of the claim's arm
  expect(page.replaceAll(/<[^>]*>/g, '')).toContain(`npm run trace -- ${job}`);
  expect(htmlReport(results(claim('a/one')))).not.toContain('class="stories"');
});

test('whatever a run says stays text', () => {
  const evidence = {
    [hostile]: hostile,
    lostJobs: [hostile, { id: hostile }],
    nested: { [hostile]: 1 },
    n: Number.NaN,
  };
  const faults = [
    fault(1, { kind: hostile, target: hostile, proof: { [hostile]: hostile, deep: [{ hostile }] } }),
  ];
  const control = { statement: hostile, failedAsExpected: true, why: hostile, evidence, faults };
  const texts = { section: hostile, statement: hostile, contract: hostile, why: hostile };
  const repeats = [{ seed: 1, verdict: 'held' as const, why: hostile }];
  const spans = lostAttempt.map((span) => ({
    ...span,
    name: hostile,
    instance: hostile,
    attributes: { 'judge.x': hostile },
  }));
  const traces = tracesOf(hostile, { job: hostile, why: 'lost', traceId: hostile });
  const all = results(claim(hostile, { ...texts, evidence, faults, control, repeats, traces }));
  all.run = { ...all.run, id: hostile, commit: hostile, node: hostile, platform: hostile };
  const page = htmlReport(all, new Map([[storyKey(hostile, hostile), storyOf(spans, faults)]]));
  expect(page).toContain('class="story"');

  expect(page).toContain(escapeHtml(hostile));
  const style = /<style>.*?<\/style>/s.exec(page)![0];
  const rest = page.replace(style, '');
  for (const [, tag] of rest.matchAll(/<\/?([^\s>/]*)/g)) expect(tag).toMatch(tags);
  for (const [tag] of rest.matchAll(/<[^>]*>/g)) {
    const names = tag.replaceAll(/"[^"]*"/g, '""'); // a value cannot end early: its quotes are escaped
    expect(names).not.toMatch(/\son\w+|[`']/);
  }
  expect(page).not.toMatch(/(?![\n\t])\p{Cc}/u);
});

test('it needs nothing from elsewhere', () => {
  const page = htmlReport(results(claim('a/one', { faults: [fault(1)] })));
  expect(page).not.toMatch(/https?:|url\(|@import|<script|src=/);
  expect([...page.matchAll(/href="([^"]*)"/g)].map(([, to]) => to)).toEqual(['data:,', '#claim-a-one']);
  expect(page).toContain(`default-src 'none'`);
});
