import { globSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Holds what goes to a browser as it is, beside the code that serves it. */
const FOLDER = 'public';
/** What the page of the API documentation is made of, with its licence. */
const SWAGGER_UI = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'LICENSE', 'NOTICE'];

/** Puts each folder beside the compiled code, which looks for it where the sources have it. */
export async function copyPublicFiles(root: string): Promise<void> {
  for (const folder of globSync(`apps/*/src/**/${FOLDER}`, { cwd: root })) {
    const target = join(root, 'dist', folder);
    await rm(target, { recursive: true, force: true });
    await cp(join(root, folder), target, { recursive: true });
  }
}

/**
 * Puts the folder of an application beside its bundle, in which all of the code has one place.
 *
 * @throws {Error} When there is more than one
 */
export async function copyPublicFilesToBundle(
  root: string,
  application: string,
  bundle: string,
): Promise<void> {
  const folders = globSync(`apps/${application}/src/**/${FOLDER}`, { cwd: root });
  if (folders.length > 1)
    throw new Error(`There is room for one folder, and there are ${folders.join(', ')}`);
  for (const folder of folders) await cp(join(root, folder), join(bundle, FOLDER), { recursive: true });
}

/** Puts the page of the API documentation beside a bundle, where its packages are out of reach. */
export async function copySwaggerUi(root: string, bundle: string): Promise<void> {
  const swagger = createRequire(join(root, 'package.json')).resolve('@nestjs/swagger');
  const swaggerUi = dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
  for (const file of SWAGGER_UI) await cp(join(swaggerUi, file), join(bundle, 'swagger-ui', file));
}
