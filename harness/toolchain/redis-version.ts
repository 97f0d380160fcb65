// Which Redis is new enough. Nothing else.

export { atLeast } from './version.ts';

/** Debian 12 has 7.0; newer commands are used only where they are found. */
export const redisFloor = '7.0';
