// HTML that cannot be broken by what it shows: every value put into `html` is escaped unless it is Markup itself. Pure.

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

type Value = Markup | readonly Markup[] | string | number;

export function html(literals: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(literals.reduce((text, literal, index) => text + insert(values[index - 1]!) + literal));
}

export const nothing = new Markup('');

/** Safe in text and in quoted attributes. Control characters, which HTML has no way to write, are shown as such. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(/(?![\n\t])\p{Cc}|\p{Cs}/gu, '\uFFFD');
}

/** Phrases with a dot between them, none broken in itself unless it is longer than the line. */
export function phrases(all: readonly string[]): Markup {
  return html`${all.map((phrase, index) => html`${index === 0 ? '' : ' · '}<span class="phrase">${phrase}</span>`)}`;
}

/** A command to copy: it wraps between words only, never inside `--claim`. */
export function command(text: string): Markup {
  const words = text.split(' ');
  return html`<code class="command">${words.map((word, index) => html`${index === 0 ? '' : ' '}<span>${word}</span>`)}</code>`;
}

function insert(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escapeHtml(String(value));
}
