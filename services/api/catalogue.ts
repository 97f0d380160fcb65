// GET /problems and GET /problems/:id: the catalogue, without hidden tests.

import type { Express } from 'express';
import { findProblem, problems, publicProblem } from '../shared/judge/problems.ts';
import { Problem } from './problem.ts';
import { resource } from './resource.ts';

export function catalogue(app: Express): void {
  resource(app, '/problems', {
    get(_request, response) {
      response.json({ problems: problems.map(publicProblem) });
    },
  });

  resource(app, '/problems/:id', {
    get(request, response) {
      const problem = findProblem(String(request.params.id));
      if (problem === undefined)
        throw new Problem('not-found', 'there is no such problem; see GET /problems');
      response.json(publicProblem(problem));
    },
  });
}
