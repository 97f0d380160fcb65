// Everything that is ever asked of Prometheus: by panels, variables and annotations of the generated dashboards, by the links from
// traces to metrics, by recording rules and by alerts. Read from the files that Grafana and Prometheus read.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const dashboardsDir = join(import.meta.dirname, '..');

export interface Asked {
  /** For people, and unique: `redproof-queue / Drain time / A`. */
  where: string;
  expr: string;
  /** The scrape interval that Grafana reckons with, if the panel names one: "5s". */
  everyStep?: string | undefined;
  legend?: string | undefined;
}

export interface DashboardJson {
  uid: string;
  title: string;
  description?: string;
  tags: string[];
  schemaVersion: number;
  templating: { list: VariableJson[] };
  annotations: { list: { name: string; datasource: Ref; target: { expr: string; refId: string } }[] };
  panels: PanelJson[];
  links: unknown[];
}
export interface VariableJson {
  name: string;
  type: string;
  query: string;
  datasource?: Ref;
  allValue?: string;
  current?: { value?: unknown };
}
export interface Ref {
  type: string;
  uid: string;
}
export interface PanelJson {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: Ref;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: {
    defaults: { unit?: string; thresholds?: { steps: { value: number | null; color: string }[] } };
  };
  targets?: { refId: string; expr: string; legendFormat: string; interval?: string; datasource: Ref }[];
}

export const dashboardFiles = readdirSync(join(dashboardsDir, 'generated')).sort();
export const dashboardJsons = dashboardFiles.map((file) => readJson(`generated/${file}`));

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export const rules = (
  readYaml('alerts/rules.yml') as { groups: { name: string; rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

export const panelQueries: Asked[] = dashboardJsons.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr, interval, legendFormat }) => ({
      where: `${uid} / ${title} / ${refId}`,
      expr,
      everyStep: interval,
      legend: legendFormat,
    })),
  ),
);

export const annotationQueries: Asked[] = dashboardJsons.flatMap(({ uid, annotations }) =>
  annotations.list.map(({ name, target }) => ({ where: `${uid} / annotation ${name}`, expr: target.expr })),
);

export interface LabelValues {
  where: string;
  series: string;
  label: string;
}
export const variableQueries: LabelValues[] = dashboardJsons.flatMap(({ uid, templating }) =>
  templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => {
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
      if (series === undefined || label === undefined) throw new Error(`${uid}: ${name}: ${query}`);
      return { where: `${uid} / variable ${name}`, series, label };
    }),
);

interface Datasources {
  datasources: {
    name: string;
    jsonData: { tracesToMetrics?: { queries: { name: string; query: string }[] } };
  }[];
}
export const traceQueries: Asked[] = (
  readYaml('provisioning/datasources/datasources.yml') as Datasources
).datasources.flatMap(({ name, jsonData }) =>
  (jsonData.tracesToMetrics?.queries ?? []).map((one) => ({
    where: `${name} / ${one.name}`,
    expr: one.query,
  })),
);

/** Of every rule; an alert's is empty as long as all is well. */
export const ruleQueries: Asked[] = rules.map(({ record, alert, labels, expr }) => ({
  where: `${record ?? alert} ${JSON.stringify(labels ?? {})}`,
  expr,
}));

export const allExpressions: Asked[] = [
  ...panelQueries,
  ...annotationQueries,
  ...variableQueries.map(({ where, series }) => ({ where, expr: series })),
  ...traceQueries,
  ...ruleQueries,
];

export function readYaml(file: string): unknown {
  return parse(readFileSync(join(dashboardsDir, file), 'utf8'));
}

function readJson(file: string): DashboardJson {
  return JSON.parse(readFileSync(join(dashboardsDir, file), 'utf8')) as DashboardJson;
}
