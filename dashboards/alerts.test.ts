// promtool has no complaint about the rules and the configuration; each alert is tested to fire and not to fire, and a rule that is
// changed makes its test fail; each says what it means and what to do.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { provideMonitoring } from '../harness/toolchain/prometheus.ts';
import { dashboardsDir, readYaml, rules } from './testing/inventory.ts';

interface TestFile {
  tests: { alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }[];
}

interface RulesFile {
  groups: { rules: { alert?: string; expr: string }[] }[];
}

const root = resolve(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'redproof-alerts-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const tools = await provideMonitoring({ root, env: process.env, say: () => {} }).catch(
  (error: Error) => error.message,
);
if (typeof tools === 'string') console.log(`promtool does not look at the rules: ${tools}`);

const testFiles = readdirSync(join(dashboardsDir, 'alerts')).filter((file) => file.endsWith('.test.yml'));
const alerts = rules.filter(({ alert }) => alert !== undefined);

async function promtool(args: string[], cwd = dashboardsDir): Promise<{ exitCode: number; said: string }> {
  if (typeof tools === 'string') throw new Error(tools);
  const { path, env } = tools.promtool;
  const { exitCode, all } = await execa(path, args, { cwd, env, reject: false, all: true });
  return { exitCode: exitCode ?? -1, said: all };
}

describe.skipIf(typeof tools === 'string')('promtool', () => {
  test('takes the rules', async () => {
    const { exitCode, said } = await promtool(['check', 'rules', 'alerts/rules.yml']);
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(exitCode).toBe(0);
  });

  test('takes the configuration, and finds the rules by it', async () => {
    const { exitCode, said } = await promtool(['check', 'config', 'prometheus/prometheus.yml']);
    expect(said).toContain('SUCCESS: 1 rule files found');
    expect(exitCode).toBe(0);
  });

  test.each(testFiles)('passes %s', async (file) => {
    const { exitCode, said } = await promtool(['test', 'rules', `alerts/${file}`]);
    expect(exitCode, said).toBe(0);
  });

  test.each(alerts)('sees it when $alert never fires, or always', async ({ alert, expr }) => {
    expect(await passes(alert!, expr, `(${expr}) and vector(0) > 1`)).toBe(false);
    expect(await passes(alert!, expr, 'vector(1)')).toBe(false);
  });

  /** Whether the file that tests this alert is content with another expression in its place. */
  async function passes(alert: string, expr: string, instead: string): Promise<boolean> {
    const copy = mkdtempSync(join(dir, 'x-'));
    cpSync(join(dashboardsDir, 'alerts'), copy, { recursive: true });
    const rulesFile = join(copy, 'rules.yml');
    const text = readFileSync(rulesFile, 'utf8');
    const groups = (parse(text) as RulesFile).groups;
    const rule = groups.flatMap((group) => group.rules).find((one) => one.alert === alert);
    expect(rule?.expr).toBe(expr);
    rule!.expr = instead;
    writeFileSync(rulesFile, stringify({ groups }));
    const file = testFiles.find((name) =>
      readFileSync(join(copy, name), 'utf8').includes(`alertname: ${alert}\n`),
    );
    return (await promtool(['test', 'rules', file!], copy)).exitCode === 0;
  }
});

describe('the rules', () => {
  const cases = testFiles.flatMap((file) =>
    (readYaml(`alerts/${file}`) as TestFile).tests.flatMap(({ alert_rule_test = [] }) => alert_rule_test),
  );

  test.each(alerts)('$alert is shown to fire, and not to fire', ({ alert }) => {
    const expected = cases.filter(({ alertname }) => alertname === alert).map((one) => one.exp_alerts.length);
    expect(expected).toContain(0);
    expect(expected.some((many) => many > 0)).toBe(true);
  });

  test.each(alerts)('$alert says how grave it is, what it means and what to do', ({
    labels,
    annotations,
  }) => {
    expect(['page', 'ticket', 'info']).toContain(labels?.severity);
    expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description', 'action']);
    for (const text of Object.values(annotations ?? {})) expect(text).toMatch(/\S.{9,}/);
  });

  test('no two alerts have one name', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    expect(cases.filter(({ alertname }) => !alerts.some(({ alert }) => alert === alertname))).toEqual([]);
  });
});
