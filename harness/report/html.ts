// The report of a run as one self-contained page.

import type { Results } from './result.ts';

export function htmlReport(_results: Results): string {
  return '';
}
