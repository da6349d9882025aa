import { PROBLEMS } from '../http/problem-codes.ts';

const TEXT = { type: 'string' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;

/** An object with all of these fields and no others. */
export function exactly(properties: Record<string, object>): object {
  return { type: 'object', required: Object.keys(properties), properties, additionalProperties: false };
}

/** Parts of the API documentation that belong to no resource. */
export const SHARED_SCHEMAS: Record<string, object> = {
  Problem: {
    type: 'object',
    description: 'RFC 9457',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
    properties: {
      type: { ...TEXT, format: 'uri', example: 'urn:openai-outreach:problem:input-invalid' },
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: TEXT,
      instance: { ...TEXT, description: 'Path of the request' },
      code: { ...TEXT, description: `Stable, such as ${Object.keys(PROBLEMS).slice(0, 3).join(', ')}` },
      errors: {
        type: 'array',
        description: 'The fields at fault, the first 100',
        items: exactly({ path: TEXT, message: TEXT }),
      },
    },
  },
  ImportReport: exactly({
    inserted: COUNT,
    failed: COUNT,
    errors: {
      type: 'array',
      description: 'The first 1,000',
      items: exactly({ line: { type: 'integer', minimum: 1 }, code: TEXT, detail: TEXT }),
    },
  }),
};
