// What a checker says: which rules were broken, with the figures. Pure.

import type { History } from '../history.ts';

export interface Violation {
  /** The rule's name, as controls refer to it: "nothing-lost", "fifo" … */
  rule: string;
  detail: string;
}

export interface Finding {
  violations: Violation[];
  /** Figures, names with units last. They hold whether or not a rule was broken. */
  evidence: Record<string, unknown>;
  /** Why the history says too little for a verdict. */
  insufficient?: string;
}

/** One rule: a pure function from a history to a finding. */
export type Rule = (history: History) => Finding;

/** All rules over one history, merged. Evidence of a later rule wins over an earlier one's of the same name. */
export function rules(...each: Rule[]): Rule {
  return (history) => {
    const merged: Finding = { violations: [], evidence: {} };
    for (const rule of each) {
      const { violations, evidence, insufficient } = rule(history);
      merged.violations.push(...violations);
      Object.assign(merged.evidence, evidence);
      if (insufficient !== undefined) merged.insufficient ??= insufficient;
    }
    return merged;
  };
}

/** A finding of one rule: broken if there is a detail. */
export function finding(
  rule: string,
  detail: string | false,
  evidence: Record<string, unknown> = {},
): Finding {
  return { violations: detail === false ? [] : [{ rule, detail }], evidence };
}

/** A finding of a rule that had nothing to look at. */
export function tooLittle(why: string, evidence: Record<string, unknown> = {}): Finding {
  return { violations: [], evidence, insufficient: why };
}
