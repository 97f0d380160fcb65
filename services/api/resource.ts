// Declares a resource of the API: its path, its methods, and what the others get (405 with Allow, or OPTIONS' 204).
// The path is kept as the metrics' route label.

import type { Express, Request, Response } from 'express';
import { Problem } from './problem.ts';

export type Handler = (request: Request, response: Response) => void | Promise<void>;

export function resource(app: Express, path: string, methods: { get?: Handler; post?: Handler }): void {
  const allow = [...(methods.get ? ['GET', 'HEAD'] : []), ...(methods.post ? ['POST'] : []), 'OPTIONS'].join(
    ', ',
  );
  const route = app.route(path);
  route.all((_request, response, next) => {
    response.locals.route = path;
    next();
  });
  if (methods.get) route.get(methods.get);
  if (methods.post) route.post(methods.post);
  route.all((request, response) => {
    response.set('Allow', allow);
    if (request.method !== 'OPTIONS') {
      throw new Problem('method-not-allowed', `${request.method} is not among ${allow}`);
    }
    response.status(204).end();
  });
}

/** The pattern that a request's path matched, such as `/submissions/:id`. */
export function routeOf(response: Response): string | undefined {
  const { route } = response.locals;
  return typeof route === 'string' ? route : undefined;
}
