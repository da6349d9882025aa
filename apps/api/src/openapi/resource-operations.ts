import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import type { ProblemCode } from '../http/problem-codes.ts';
import { LINES_OF } from './example-lines.ts';
import { ApiProblems } from './problem-responses.ts';

const TEXT = { type: 'string' } as const;
const ETAG = { ETag: { description: 'The version, for If-Match and If-None-Match', schema: TEXT } };
const LOCATION = { Location: { description: 'Address of what was created', schema: TEXT } };
const REPLAYED = {
  'Idempotency-Replayed': { description: '`true` when the key was used before', schema: TEXT },
};
const LINK = { Link: { description: 'Addresses of the pages around this one, RFC 8288', schema: TEXT } };

/** Printable, without the spaces around it that HTTP takes off. */
const KEY_PATTERN = '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$';
/** What can match at all: a version, or anything. */
const CONDITION_PATTERN = '^("(0|[1-9][0-9]{0,14})"|\\*)$';

const UNAVAILABLE: readonly ProblemCode[] = ['DATABASE_UNAVAILABLE', 'DATABASE_TIMEOUT', 'TOO_MANY_ANSWERS'];
const BODY: readonly ProblemCode[] = [
  'INPUT_INVALID',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'TOO_MANY_BODIES',
];
const WRITE: readonly ProblemCode[] = ['DOCUMENT_INVALID', 'DUPLICATE_KEY'];
const CONDITION: readonly ProblemCode[] = ['DOCUMENT_NOT_FOUND', 'VERSION_CONFLICT', 'PRECONDITION_REQUIRED'];

/** Describes the routes of a resource for the API documentation: one decorator for each method of its controller. */
export class ResourceOperations {
  readonly #one: string;
  readonly #many: string;
  readonly #view: Type<object>;

  /** @param names - As in "a contact" and "contacts"; `view`: class of an answered one */
  constructor({ one, many, view }: { one: string; many: string; view: Type<object> }) {
    this.#one = one;
    this.#many = many;
    this.#view = view;
  }

  list(): MethodDecorator {
    const schema = {
      type: 'object',
      required: ['data', 'next', 'previous'],
      properties: {
        data: { type: 'array', items: { $ref: getSchemaPath(this.#view) } },
        next: { type: ['string', 'null'], description: 'Cursor of the following page' },
        previous: { type: ['string', 'null'], description: 'Cursor of the page before' },
        total: { type: 'integer', description: 'How many there are, when `count` asked for it' },
      },
    };
    return applyDecorators(
      ApiOperation({ summary: `List ${this.#many}` }),
      ApiExtraModels(this.#view),
      answer(200, 'A page', { headers: LINK, content: { 'application/json': { schema } } }),
      ApiProblems(...UNAVAILABLE, 'INPUT_INVALID', 'CURSOR_INVALID', 'PAGE_SORT_INVALID', 'TOO_MANY_PAGES'),
    );
  }

  read(): MethodDecorator {
    return applyDecorators(
      ApiOperation({ summary: `Read one ${this.#one}` }),
      this.#id(),
      ApiHeader({
        name: 'If-None-Match',
        required: false,
        description: 'ETag of what is known',
        schema: TEXT,
      }),
      this.#answer(200, 'It is there', ETAG),
      answer(304, 'It has not changed', { headers: ETAG }),
      ApiProblems(...UNAVAILABLE, 'INPUT_INVALID', 'DOCUMENT_NOT_FOUND'),
    );
  }

  create(): MethodDecorator {
    return applyDecorators(
      ApiOperation({ summary: `Create ${withArticle(this.#one)}` }),
      ApiHeader({
        name: 'Idempotency-Key',
        required: false,
        description:
          'Makes it safe to send the request again: one is created, and the first answer given again',
        schema: { type: 'string', minLength: 1, maxLength: 255, pattern: KEY_PATTERN },
      }),
      this.#answer(201, 'It was created', { ...LOCATION, ...ETAG, ...REPLAYED }),
      ApiProblems(...UNAVAILABLE, ...BODY, ...WRITE, 'IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_KEY_REUSED'),
    );
  }

  /** A merge patch. */
  update(): MethodDecorator {
    return this.#change(`Change ${withArticle(this.#one)} by a merge patch (RFC 7396)`);
  }

  replace(): MethodDecorator {
    return this.#change(`Replace ${withArticle(this.#one)}`);
  }

  delete(): MethodDecorator {
    return applyDecorators(
      ApiOperation({ summary: `Delete ${withArticle(this.#one)}` }),
      this.#id(),
      ifMatch(),
      answer(204, 'It is gone', {}),
      // A body is not wanted, but looked at when there is one.
      ApiProblems(...UNAVAILABLE, ...BODY, ...CONDITION),
    );
  }

  /** @param input - Class of a line */
  import(input: Type<object>): MethodDecorator {
    return applyDecorators(
      ApiOperation({
        summary: `Import ${this.#many}, one a line`,
        description: 'Each line is written or refused by itself. After an error all lines can be sent again.',
      }),
      ApiExtraModels(input),
      ApiBody({
        description: `Lines of JSON, each as \`${input.name}\``,
        required: false,
        // Of no type: what is in the lines is told line by line.
        schema: { [LINES_OF]: input.name } as object,
      }),
      answer(200, 'What became of the lines', {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/ImportReport' } } },
      }),
      ApiProblems(...UNAVAILABLE, 'UNSUPPORTED_MEDIA_TYPE', 'TOO_MANY_IMPORTS'),
    );
  }

  export(): MethodDecorator {
    return applyDecorators(
      ApiOperation({ summary: `Export ${this.#many}, one a line` }),
      answer(200, `Lines of JSON, each as \`${this.#view.name}\`; cut off when something fails on the way`, {
        content: { 'application/x-ndjson': { schema: TEXT } },
      }),
      ApiProblems(...UNAVAILABLE, 'INPUT_INVALID', 'TOO_MANY_EXPORTS'),
    );
  }

  #change(summary: string): MethodDecorator {
    return applyDecorators(
      ApiOperation({ summary }),
      this.#id(),
      ifMatch(),
      this.#answer(200, 'As it is now', ETAG),
      ApiProblems(...UNAVAILABLE, ...BODY, ...WRITE, ...CONDITION),
    );
  }

  #answer(status: number, description: string, headers: object): MethodDecorator {
    const schema = { $ref: getSchemaPath(this.#view) };
    return applyDecorators(
      ApiExtraModels(this.#view),
      answer(status, description, { headers, content: { 'application/json': { schema } } }),
    );
  }

  #id(): MethodDecorator {
    return ApiParam({ name: 'id', schema: { type: 'string', pattern: '^[0-9a-fA-F]{24}$' } });
  }
}

function ifMatch(): MethodDecorator {
  return ApiHeader({
    name: 'If-Match',
    required: true,
    description: 'ETag of what is to be changed, or `*` for whatever is there',
    schema: { type: 'string', pattern: CONDITION_PATTERN },
    example: '"0"',
  });
}

function answer(status: number, description: string, rest: object): MethodDecorator {
  return ApiResponse({ status, description, ...rest });
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
