// Load for the API: POST /submissions in a closed loop.

import autocannon from 'autocannon';

const connections = 32;
const headers = { 'content-type': 'application/json' };

/**
 * @param until a number of requests, or of seconds
 * @returns accepted requests per second
 * @throws {Error} if any was not accepted
 */
export async function submit(
  url: string,
  submission: { problemId: string; code: string },
  until: { amount: number } | { duration: number },
): Promise<number> {
  const body = JSON.stringify({ language: 'javascript', ...submission });
  const {
    '2xx': accepted,
    non2xx,
    errors,
    duration,
  } = await autocannon({ url: `${url}/submissions`, method: 'POST', headers, body, connections, ...until });
  if (non2xx + errors > 0 || accepted === 0) {
    throw new Error(`${url}: ${accepted} requests were accepted, ${non2xx} refused, ${errors} failed`);
  }
  return accepted / duration;
}

export { connections };
