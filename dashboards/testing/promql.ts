// As much of PromQL as a test of ours needs: which series an expression asks for, with which labels, and by which labels it groups.
// Whether it is right, Prometheus itself says (queries.test.ts).

export interface Selector {
  metric: string;
  /** The labels between the braces. */
  labels: string[];
  /** As an instant vector: the metric and its braces, without range. */
  text: string;
}

const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

const strings = String.raw`"(?:[^"\\]|\\.)*"`;
const braces = String.raw`\{(?:${strings}|[^"}])*\}`;
const names = String.raw`[a-zA-Z_:][\w:]*`;
const ranges = String.raw`\[[^\]]*\]`;
const groupings = String.raw`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`;
const numbers = String.raw`\b\d[\w.]*(?:e[-+]?\d+)?`;

export function selectorsOf(expr: string): Selector[] {
  // Whatever comes first is taken whole, so that a name inside a string or a grouping is none.
  const token = new RegExp(
    `${groupings}|${strings}|${ranges}|${numbers}|(${names})(\\s*${braces})?(?=(\\s*(?:by\\s*|without\\s*)?\\()?)`,
    'g',
  );
  return [...expr.matchAll(token)].flatMap(([, , metric, matchers = '', call]) => {
    if (metric === undefined || call !== undefined || words.has(metric.toLowerCase())) return [];
    return [{ metric, labels: labelsIn(matchers), text: `${metric}${matchers.trim()}` }];
  });
}

/** What it groups or matches by. */
export function groupedBy(expr: string): string[] {
  const lists = [...expr.matchAll(new RegExp(groupings, 'g'))].map(([, list]) => list!);
  return [...new Set(lists.flatMap((list) => list.split(',').map((label) => label.trim())))].filter(
    (label) => label !== '',
  );
}

function labelsIn(matchers: string): string[] {
  return [...matchers.matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label!);
}
