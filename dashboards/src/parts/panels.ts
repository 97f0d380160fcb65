// Panels, each from one plain description: time series, single figures, and states over time. Where a panel stands is the
// dashboard's business (dashboard.ts).

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  AxisPlacement,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

export interface Query {
  expr: string;
  /** With labels in double braces. */
  legend: string;
  /** Ask for traces of single requests as well. @default false */
  exemplars?: boolean;
  /** How often the series have a sample, where that is not how often Prometheus scrapes: "5s". */
  everyStep?: string;
}

export interface PanelOf {
  /** Part of the panel's address: never changed, never used again. */
  id: number;
  title: string;
  /** What it shows, and what to make of it. */
  description: string;
  /** Of 24. */
  width: number;
  /** Grafana's name of it: s, reqps, percentunit, short … */
  unit: string;
  queries: readonly Query[];
  /** From which value on it is yellow or red. With `below`: under which. */
  limits?: Limits;
  decimals?: number;
}

export interface Limits {
  warn?: number;
  bad: number;
  /** Small is bad. @default false */
  below?: boolean;
}

/** What a dashboard places. */
export interface Placeable {
  width: number;
  builder: Builder<Panel> & { gridPos(at: { x: number; y: number; w: number; h: number }): unknown };
}

/** Every panel asks the data source that is chosen at the top of the dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder
export const datasource = { type: 'prometheus', uid: '${datasource}' } as const;

export function timeSeries(panel: PanelOf & { stacked?: boolean; max?: number }): Placeable {
  const { limits, stacked = false, max } = panel;
  const builder = described(new TimeSeriesBuilder(), panel)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .axisPlacement(AxisPlacement.Auto)
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(
        limits ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (stacked) builder.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (max !== undefined) builder.max(max);
  return { width: panel.width, builder };
}

/** The last value, with its course behind it. `mappings`: words for values. */
export function stat(panel: PanelOf & { words?: Words; noValue?: string }): Placeable {
  const builder = described(new StatBuilder(), panel)
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  if (panel.words) builder.mappings([mapping(panel.words)]);
  if (panel.noValue !== undefined) builder.noValue(panel.noValue);
  return { width: panel.width, builder };
}

/** One bar a series: which state it was in, and when. */
export function states(panel: PanelOf & { words: Words }): Placeable {
  const builder = described(new StateTimelineBuilder(), panel)
    .mergeValues(true)
    .fillOpacity(80)
    .lineWidth(0)
    .rowHeight(0.85)
    .showValue(common.VisibilityMode.Never)
    .mappings([mapping(panel.words)])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    );
  return { width: panel.width, builder };
}

/** What a value means, and its colour. */
export type Words = Readonly<Record<string, { text: string; color: string }>>;

function mapping(words: Words): ValueMapping {
  const options = Object.entries(words).map(([value, word], index) => [value, { ...word, index }]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

interface AnyBuilder {
  id(id: number): unknown;
  title(title: string): unknown;
  description(text: string): unknown;
  unit(unit: string): unknown;
  decimals(decimals: number): unknown;
  datasource(of: typeof datasource): unknown;
  thresholds(steps: Builder<{ mode: ThresholdsMode; steps: Threshold[] }>): unknown;
  targets(queries: DataqueryBuilder[]): unknown;
}

function described<T extends AnyBuilder>(builder: T, panel: PanelOf): T {
  const { id, title, description, unit, queries, limits, decimals } = panel;
  builder.id(id);
  builder.title(title);
  builder.description(description);
  builder.unit(unit);
  builder.datasource(datasource);
  builder.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(limits)));
  builder.targets(queries.map(target));
  if (decimals !== undefined) builder.decimals(decimals);
  return builder;
}

function target({ expr, legend, exemplars = false, everyStep }: Query, index: number): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(datasource)
    .expr(expr)
    .legendFormat(legend)
    .exemplar(exemplars)
    .range();
  return everyStep === undefined ? query : query.interval(everyStep);
}

function steps(limits: Limits | undefined): Threshold[] {
  if (limits === undefined) return [{ value: null, color: 'green' }];
  const { warn, bad, below = false } = limits;
  const middle = warn === undefined ? [] : [{ value: warn, color: 'yellow' }];
  if (!below) return [{ value: null, color: 'green' }, ...middle, { value: bad, color: 'red' }];
  // Going up, the first step that is good is the one above `warn`, or above `bad` if there is no `warn`.
  const yellow = warn === undefined ? [] : [{ value: bad, color: 'yellow' }];
  return [{ value: null, color: 'red' }, ...yellow, { value: warn ?? bad, color: 'green' }];
}
