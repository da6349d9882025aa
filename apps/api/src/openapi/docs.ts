import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { NotFoundException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createDocument } from './document.ts';
import { KeptFiles } from './kept-files.ts';

/** Everything is of this service; Swagger UI draws by inline styles and keeps its icons in the stylesheet. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Addresses are relative, for a service behind a path of a proxy. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenAI Outreach: API documentation</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: 'docs-json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

/** Files of the package `swagger-ui-dist`, which comes with `@nestjs/swagger`. */
const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** `/docs` for people and `/docs-json` for programs. Both are made when they are first asked for. */
export function serveDocs(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  // Large, and open to everybody.
  const assets = new KeptFiles(readAsset);
  let document: string | undefined;
  fastify.get('/docs-json', (_, reply) => {
    document ??= JSON.stringify(createDocument(app));
    return reply.type('application/json; charset=utf-8').send(document);
  });
  fastify.get('/docs', (_, reply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
  );
  fastify.get('/docs/', (_, reply) => reply.redirect('../docs', 308));
  fastify.get('/docs/start.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  fastify.get<{ Params: { file: string } }>('/docs/:file', async ({ params: { file } }, reply) => {
    const type = Object.hasOwn(ASSETS, file) ? ASSETS[file] : undefined;
    if (type === undefined) throw new NotFoundException();
    return reply
      .header('cache-control', 'max-age=86400')
      .type(type)
      .send(await assets.get(file));
  });
}

/** From beside the bundle, which has no packages, or from the package. */
async function readAsset(file: string): Promise<Buffer> {
  const bundled = join(import.meta.dirname, 'swagger-ui', file);
  if (existsSync(bundled)) return readFile(bundled);
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return readFile(createRequire(swagger).resolve(`swagger-ui-dist/${file}`));
}
