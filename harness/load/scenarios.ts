// Which scenarios there are: the files in loadtests/, each with the purpose that its first lines say.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Scenario {
  name: string;
  /** The script, a whole path. */
  file: string;
  /** One sentence or two. */
  purpose: string;
}

/** In the order in which they are best run. */
const order = ['smoke', 'average', 'stress', 'spike', 'soak', 'breakpoint', 'during-chaos'];

export function scenarios(projectRoot: string): Scenario[] {
  const dir = join(projectRoot, 'loadtests');
  const place = ({ name }: Scenario) => (order.includes(name) ? order.indexOf(name) : order.length);
  return readdirSync(dir)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({
      name: file.replace(/\.ts$/, ''),
      file: join(dir, file),
      purpose: purposeOf(readFileSync(join(dir, file), 'utf8')),
    }))
    .sort((a, b) => place(a) - place(b));
}

/** The first comment, without the name that it begins with. */
function purposeOf(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const comment = lines.slice(0, end).map((line) => line.slice(2).trim());
  return comment.join(' ').replace(/^[A-Z][a-z ]+: /, '');
}
