// What a POST /submissions asks for: its fields and its Idempotency-Key, checked. No queue, no answer.

import type { IncomingMessage } from 'node:http';
import { idFromKey, randomId, type Submission, submissionSchema } from '../shared/contract.ts';
import { type FieldError, invalidField, Problem } from './problem.ts';

const maxErrors = 10;

/** @throws {Problem} 400, naming each field that is wrong */
export function parseSubmission(body: unknown, isProblem: (problemId: string) => boolean): Submission {
  const parsed = submissionSchema.safeParse(body);
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap<FieldError>((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ field: brief(key), detail: 'there is no such field' }))
        : [{ field: issue.path.length === 0 ? 'body' : issue.path.join('.'), detail: issue.message }],
    );
    const shown = errors.slice(0, maxErrors);
    const detail = shown.map((error) => `${error.field}: ${error.detail}`).join('; ');
    throw new Problem('invalid-field', detail, { errors: shown });
  }
  const { problemId, code } = parsed.data;
  if (!isProblem(problemId))
    throw invalidField('problemId', `there is no problem "${problemId}"; see GET /problems`);
  // Neither survives the way through UTF-8 and C strings unchanged, and no program needs them unescaped.
  if (!code.isWellFormed())
    throw invalidField('code', 'must be well-formed Unicode, without lone surrogates');
  if (code.includes('\0')) throw invalidField('code', 'must not contain U+0000');
  return parsed.data;
}

/** The id of the submission: the key's, or a random one. `keyed`: a key was given. */
export function submissionId(request: IncomingMessage): { id: string; keyed: boolean } {
  const keys = request.headersDistinct['idempotency-key'];
  if (keys === undefined) return { id: randomId(), keyed: false };
  const [key] = keys;
  if (keys.length !== 1 || key === undefined || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    const detail = 'must be given once, with 1 to 255 printable ASCII characters';
    throw new Problem('invalid-header', `Idempotency-Key: ${detail}`, {
      errors: [{ field: 'Idempotency-Key', detail }],
    });
  }
  return { id: idFromKey(key), keyed: true };
}

function brief(key: string): string {
  return key.length <= 64 ? key.toWellFormed() : `${key.slice(0, 63).toWellFormed()}…`;
}
