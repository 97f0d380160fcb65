// A dashboard: panels in sections, a data source to choose, the faults as annotations, links to the others.

import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  TimePickerBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { datasource, type Placeable } from './panels.ts';

export interface Section {
  /** None: the first thing that is seen, without a heading. */
  title?: string;
  /** Of each of its panels. */
  height: number;
  panels: readonly Placeable[];
}

export interface DashboardOf {
  /** Part of the dashboard's address, and the name of its file: never changed. */
  uid: string;
  title: string;
  description: string;
  sections: readonly Section[];
  variables?: readonly QueryVariableBuilder[];
}

const tag = 'redproof';
const columns = 24;
/** Rows have ids too; those of panels stay below. */
const rowIds = 1000;

/** The value of a label of a series, to choose from; all of them unless one is chosen. */
export function labelVariable(name: string, label: string, series: string): QueryVariableBuilder {
  const query = `label_values(${series}, ${name})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' });
}

export function dashboard({ uid, title, description, sections, variables = [] }: DashboardOf): Dashboard {
  const builder = new DashboardBuilder(`Redproof / ${title}`)
    .uid(uid)
    .description(description)
    .tags([tag])
    .editable()
    .timezone('browser')
    .time({ from: 'now-15m', to: 'now' })
    .refresh('5s')
    .timepicker(new TimePickerBuilder().refreshIntervals(['2s', '5s', '10s', '30s', '1m', '5m']))
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([chooseDatasource(), ...variables])
    .annotations([faults()])
    .link(
      new DashboardLinkBuilder('Redproof')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .includeVars(false)
        .keepTime(true),
    );
  let y = 0;
  for (const [index, { title: heading, height, panels }] of sections.entries()) {
    if (heading !== undefined) {
      const at = { h: 1, w: columns, x: 0, y };
      builder.withRow(new RowBuilder(heading).id(rowIds + index).gridPos(at));
      y += 1;
    }
    let x = 0;
    for (const { width, builder: panel } of panels) {
      if (x + width > columns) {
        x = 0;
        y += height;
      }
      panel.gridPos({ h: height, w: width, x, y });
      builder.withPanel(panel);
      x += width;
    }
    y += height;
  }
  const built = builder.build();
  // The SDK's default would hide the way to the other dashboards in a menu.
  for (const link of built.links ?? []) delete link.placement;
  return built;
}

function chooseDatasource(): { build(): VariableModel } {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .type('prometheus')
    .current({ selected: true, text: 'Prometheus', value: 'prometheus' });
}

/** While a fault of the harness lasts, every panel has a red band. */
function faults(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Faults')
    .datasource(datasource)
    .enable(true)
    .hide(false)
    .iconColor('red')
    .titleFormat('{{fault}}')
    .textFormat('{{target}}')
    .tagKeys('fault,target')
    .target(
      new DataqueryBuilder()
        .refId('Faults')
        .datasource(datasource)
        .expr('max by (fault, target) (judge_fault_active) > 0')
        .range(),
    );
}
