import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { fillExampleLines } from './example-lines.ts';
import { SHARED_SCHEMAS } from './schemas.ts';
import { SECURITY_SCHEMES, SERVICE_PATHS } from './service-paths.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'] as const;

/**
 * The API documentation, made of the decorators of the controllers. A controller shows in it when it has `@ApiTags`; the routes of the
 * libraries are written by hand.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function createDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('OpenAI Outreach')
    .setDescription('Errors are problems of RFC 9457 with a stable `code`.')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    autoTagControllers: false,
    operationIdFactory: (controller, method) => `${controller.replace(/Controller\d*$/, '')}.${method}`,
  });
  document.paths = sorted({
    ...describedPaths(document.paths),
    ...(SERVICE_PATHS as unknown as OpenAPIObject['paths']),
  });
  closeInputs(document);
  fillExampleLines(document);
  document.components = {
    ...document.components,
    schemas: sorted({ ...document.components?.schemas, ...SHARED_SCHEMAS }),
    securitySchemes: SECURITY_SCHEMES,
  };
  return document;
}

function describedPaths(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  const isDescribed = (item: OpenAPIObject['paths'][string]) =>
    METHODS.some((method) => item[method]?.tags !== undefined && item[method].tags.length > 0);
  return Object.fromEntries(Object.entries(paths).filter(([, item]) => isDescribed(item)));
}

/** Says of what comes in what the service does: it refuses fields that are not declared. */
function closeInputs({ paths, components }: OpenAPIObject): void {
  const schemas: Record<string, object> = components?.schemas ?? {};
  for (const operation of Object.values(paths).flatMap((item) => METHODS.map((method) => item[method]))) {
    const body = operation?.requestBody;
    if (body === undefined || '$ref' in body) continue;
    for (const { schema } of Object.values(body.content)) {
      const name = schema && '$ref' in schema ? schema.$ref.split('/').at(-1) : undefined;
      const input = name === undefined ? undefined : schemas[name];
      if (input) Object.assign(input, { additionalProperties: false });
    }
  }
}

/** In an order that does not depend on that of the modules. */
function sorted<V>(record: Record<string, V>): Record<string, V> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
