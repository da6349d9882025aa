import { problemResponses, RETRY_AFTER, type Answer } from './problem-responses.ts';
import { exactly } from './schemas.ts';

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const TIME = { type: 'string', format: 'date-time' } as const;
const ID = { type: 'string', pattern: '^[0-9a-f]{24}$' } as const;
const MILLISECONDS = { type: ['number', 'null'], minimum: 0 } as const;

const TERMINUS = {
  type: 'object',
  description: 'A result of Terminus',
  required: ['status', 'details'],
  properties: {
    status: { enum: ['ok', 'error', 'shutting_down'] },
    info: { type: 'object' },
    error: { type: 'object' },
    details: { type: 'object' },
  },
};
const TEST_REPORT = exactly({
  status: { enum: ['success', 'error'] },
  mongodb: exactly({ connected: FLAG, message: TEXT }),
  inserted: { anyOf: [exactly({ id: ID, createdAt: TIME }), { type: 'null' }] },
  recent: { type: 'array', maxItems: 10, items: exactly({ id: ID, message: TEXT, createdAt: TIME }) },
  count: { type: 'integer', minimum: 0 },
  timingsMs: exactly({ insert: MILLISECONDS, find: MILLISECONDS }),
});
const TEST_ACCESS = ['UNAUTHORIZED', 'NOT_FOUND'] as const;

/** The routes of the libraries, which know no OpenAPI. */
export const SERVICE_PATHS = {
  '/health': {
    get: operation('Whether the service and its database work', {
      200: health('healthy', 'MongoDB connection successful'),
      503: health('unhealthy', 'MongoDB connection failed: the server does not answer in time'),
    }),
  },
  '/health/live': {
    get: operation('Whether the process can serve; knows nothing of the database', {
      200: json('It can', exactly({ status: { const: 'ok' } })),
    }),
  },
  '/health/ready': {
    get: operation('Whether requests may be sent here', {
      200: json('They may', TERMINUS),
      503: json('Not now: no writable primary, or the service is shutting down', TERMINUS),
    }),
  },
  '/health/startup': {
    get: operation('Whether the start has succeeded', {
      200: json('It has', exactly({ status: { const: 'started' } })),
      503: json('Not yet', exactly({ status: { const: 'starting' } })),
    }),
  },
  '/mongodb-test': {
    get: {
      ...operation(
        'Write a test document and read the newest ten',
        {
          200: json('It was written and read', TEST_REPORT),
          503: { ...json('It could not be written or read', TEST_REPORT), headers: RETRY_AFTER },
        },
        problemResponses([...TEST_ACCESS, 'TOO_MANY_REQUESTS']),
      ),
      security: [{}, { diagnostics: [] }],
    },
    head: operation(
      'Whether a test would probably succeed; writes nothing',
      { 200: { description: 'It would' }, 503: { description: 'It would not', headers: RETRY_AFTER } },
      withoutBody(problemResponses(TEST_ACCESS)),
    ),
    options: operation(
      'What may be done; writes nothing',
      { 204: { description: 'In the header `Allow`', headers: { Allow: { schema: TEXT } } } },
      // A body is not wanted, but looked at when there is one.
      problemResponses([...TEST_ACCESS, 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']),
    ),
  },
  '/metrics': {
    get: operation('Metrics of process, HTTP and database', {
      200: {
        description: 'Text of Prometheus',
        content: { 'text/plain': { schema: TEXT, example: 'mongodb_up 1\n' } },
      },
    }),
  },
};

export const SECURITY_SCHEMES = {
  diagnostics: {
    type: 'http',
    scheme: 'bearer',
    description: 'The DIAGNOSTICS_TOKEN, asked for in production',
  },
} as const;

function operation(
  summary: string,
  answers: Record<number, Answer>,
  problems: Record<string, Answer> = problemResponses([]),
): object {
  return { tags: ['service'], summary, parameters: [], responses: { ...problems, ...answers } };
}

function withoutBody(answers: Record<string, Answer>): Record<string, Answer> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description }]) => [status, { description }]),
  );
}

function json(description: string, schema: object): Answer {
  return { description, content: { 'application/json': { schema } } };
}

function health(status: string, message: string): Answer {
  const isConnected = status === 'healthy';
  const schema = exactly({
    status: { const: status },
    mongodb: exactly({ connected: { const: isConnected }, message: TEXT }),
  });
  return {
    description: message,
    content: {
      'application/json': { schema, example: { status, mongodb: { connected: isConnected, message } } },
    },
  };
}
