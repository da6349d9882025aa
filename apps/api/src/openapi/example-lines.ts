import type { OpenAPIObject } from '@nestjs/swagger';

/** In a schema: which input stands on each line. Replaced by a line with the examples of its fields. */
export const LINES_OF = 'x-lines-of';

interface Described {
  properties?: Record<string, { example?: unknown }>;
}

/** Writes the examples of bodies that are lines of JSON. */
export function fillExampleLines({ paths, components }: OpenAPIObject): void {
  const inputs = (components?.schemas ?? {}) as Record<string, Described>;
  for (const { post } of Object.values(paths)) {
    const body = post?.requestBody;
    if (body === undefined || '$ref' in body) continue;
    for (const media of Object.values(body.content)) {
      const name = (media.schema as Record<string, unknown> | undefined)?.[LINES_OF];
      if (typeof name === 'string') media.schema = { example: lineOf(inputs[name]?.properties ?? {}) };
    }
  }
}

function lineOf(properties: Record<string, { example?: unknown }>): string {
  const fields = Object.entries(properties).flatMap(([name, { example }]) =>
    example === undefined ? [] : [[name, example]],
  );
  return `${JSON.stringify(Object.fromEntries(fields))}\n`;
}
