// The generated dashboards have what Grafana needs and what a reader needs: ids, places, units, descriptions, queries with names.

import { describe, expect, test } from 'vitest';
import { type DashboardJson, dashboardFiles, dashboardJsons, type PanelJson } from './testing/inventory.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder
const chosen = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const dataPanels = ({ panels }: DashboardJson) => panels.filter(({ type }) => type !== 'row');

test('there are the seven, each in the file of its uid', () => {
  expect(dashboardJsons.map(({ uid }) => `${uid}.json`)).toEqual(dashboardFiles);
  expect(dashboardFiles.map((file) => file.replace(/^redproof-|\.json$/g, ''))).toEqual([
    'chaos',
    'delivery',
    'load',
    'overview',
    'queue',
    'redis-persistence',
    'workers',
  ]);
  expect(new Set(dashboardJsons.map(({ title }) => title)).size).toBe(dashboardJsons.length);
});

describe.each(dashboardJsons)('$uid', (dashboard) => {
  const { uid, title, description, panels, templating, annotations, schemaVersion, tags, links } = dashboard;

  test('is what Grafana takes', () => {
    expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(title).toMatch(/^Redproof \/ \S/);
    expect(description).toMatch(/\S{3}/);
    expect(schemaVersion).toBeGreaterThanOrEqual(39);
    expect(tags).toContain('redproof');
    expect(links).toHaveLength(1);
    expect(dashboard).not.toHaveProperty('id'); // Grafana's own: given, it would clash
  });

  test('has ids of its own for each panel, and no two panels in one place', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.every(({ id }) => Number.isInteger(id) && id > 0)).toBe(true);
    const places = panels.map(({ gridPos }) => gridPos);
    for (const { x, y, w, h } of places) {
      expect([x, y].every((at) => Number.isInteger(at) && at >= 0)).toBe(true);
      expect(w > 0 && h > 0 && x + w <= columns).toBe(true);
    }
    const clashes = panels.flatMap((one, index) =>
      panels
        .slice(index + 1)
        .filter((other) => overlap(one, other))
        .map((other) => [one.title, other.title]),
    );
    expect(clashes).toEqual([]);
  });

  test('has no holes: each row of panels is full, and the next begins where it ends', () => {
    const used = panels.reduce((sum, { gridPos: { w, h } }) => sum + w * h, 0);
    const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
    expect(used).toBe(bottom * columns);
  });

  test('lets the data source be chosen, and asks no other', () => {
    const [first, ...others] = templating.list;
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    expect(first!.current?.value).toBe('prometheus');
    for (const variable of others) {
      expect(variable).toMatchObject({ type: 'query', datasource: chosen, allValue: '.*' });
    }
    const asked = [
      ...dataPanels(dashboard).flatMap(({ datasource, targets = [] }) => [
        datasource,
        ...targets.map((target) => target.datasource),
      ]),
      ...annotations.list.map(({ datasource }) => datasource),
    ];
    for (const datasource of asked) expect(datasource).toEqual(chosen);
  });

  test('uses only variables that it has, and all of them', () => {
    const own = templating.list.map(({ name }) => name);
    const builtIn = ['__rate_interval', '__range'];
    const exprs = dataPanels(dashboard).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const used = [...exprs.join('\n').matchAll(/\$(\w+)/g)].map(([, name]) => name!);
    expect(used.filter((name) => !own.includes(name) && !builtIn.includes(name))).toEqual([]);
    expect(own.slice(1).filter((name) => !used.includes(name))).toEqual([]);
  });

  test('shows faults', () => {
    const [faults] = annotations.list;
    expect(faults).toMatchObject({ name: 'Faults', target: { refId: 'Faults' } });
    expect(faults!.target.expr).toContain('judge_fault_active');
  });

  test.each(dataPanels(dashboard))('$title: unit, description, thresholds, refIds and legends', (panel) => {
    expect(panel.title).toMatch(/\S/);
    expect(panel.description).toMatch(/\S{3}.*\.$/);
    expect(panel.fieldConfig?.defaults.unit).toMatch(/\S/);
    const steps = panel.fieldConfig?.defaults.thresholds?.steps ?? [];
    expect(steps[0]?.value).toBeNull();
    const bounds = steps.slice(1).map(({ value }) => value!);
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    const targets = panel.targets ?? [];
    expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C', 'D', 'E'].slice(0, targets.length));
    expect(targets.length).toBeGreaterThan(0);
    const legends = targets.map(({ legendFormat }) => legendFormat);
    expect(legends.every((legend) => /\S/.test(legend))).toBe(true);
    expect(new Set(legends).size).toBe(legends.length);
  });

  test('takes rates over what Grafana says is wide enough, never over a width of its own', () => {
    const exprs = dataPanels(dashboard).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const widths = exprs.flatMap((expr) => [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, width]) => width));
    expect(widths.filter((width) => width !== '$__rate_interval' && width !== '$__range')).toEqual([]);
  });
});

function overlap({ gridPos: a }: PanelJson, { gridPos: b }: PanelJson): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
