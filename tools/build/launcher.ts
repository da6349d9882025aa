import { join } from 'node:path';
import { loadBundle } from './load-bundle.ts';

// Becomes the start file of an application: dist/apps/NAME/main.js, with the bundle in the folder beside it.
loadBundle(join(import.meta.dirname, 'bundle'));
