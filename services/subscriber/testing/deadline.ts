// How long a test waits for what must happen: many times what it takes, so that a busy machine fails no test.

export const deadline = { timeout: 20_000, interval: 10 };
