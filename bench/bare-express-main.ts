// The floor for the accept path: an Express app that does nothing but parse the same body and answer 202.
// Started by forked-server.ts.

import type { AddressInfo } from 'node:net';
import express from 'express';

const app = express();
app.post('/submissions', express.json({ limit: 64 * 1024 }), (request, response) => {
  const { problemId } = request.body as { problemId: string };
  response.status(202).json({ id: 'aaaaaaaaaaaaaaaaaaaaaaaaaa', state: 'queued', problemId });
});
const server = app.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
