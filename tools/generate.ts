import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_FIELDS, FIELD_TYPES, toFields } from './generate/feature-fields.ts';
import { toFeatureNames } from './generate/feature-names.ts';
import { UsageError } from './generate/usage.error.ts';

// node tools/generate.ts feature NAME [--field NAME:TYPE[:FLAG…]]…: writes a feature into apps/api. `--help` says more.

const ROOT = resolve(import.meta.dirname, '..');
const HELP = `Usage: npm run generate -- feature NAME [options]

Writes a resource into apps/api/src/NAME, in the shape of contacts: schema, repository, service, controller, DTOs, view and
module, and its tests into apps/api/test. Adds it to the application, and brings openapi.json up to date.

NAME is in the plural, as in its address: invoices, line-items.

Options:
  --field NAME:TYPE[:FLAG...]  a field, once for each (${DEFAULT_FIELDS.join(' ')})
                               types: ${FIELD_TYPES.join(', ')}
                               flags: required, unique, index (to filter and sort by), enum(a|b)
  --singular WORD              one of NAME, where English has no rule for it
  --force                      put the files in the place of those that are there
  --dry-run                    say what would be written, and write nothing
  --no-openapi                 leave openapi.json as it is
  -h, --help                   this text

Examples:
  npm run generate -- feature invoices --field number:string:required:unique --field amount:number:required
  npm run generate -- feature line-items --field 'status:string:enum(open|done):index' --field dueAt:date
`;

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\nSee npm run generate -- --help\n`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { values, positionals } = parse();
  if (values.help) return void process.stdout.write(HELP);
  const [kind, name, ...more] = positionals;
  if (kind !== 'feature') throw new UsageError(`There is nothing to generate but a feature: feature NAME`);
  if (name === undefined || more.length > 0) throw new UsageError('A feature has one name: feature NAME');
  const { singular, field: fields = DEFAULT_FIELDS } = values;
  toFeatureNames(name, singular);
  toFields(fields);
  const there = [`apps/api/src/${name}`, `apps/api/test/${name}.spec.ts`].filter((path) =>
    existsSync(join(ROOT, path)),
  );
  if (there.length > 0 && !values.force)
    throw new UsageError(
      `There is ${there.join(' and ')} already: take another name, or --force to write it anew`,
    );

  // A mistake is answered before this is loaded, which takes a while.
  const { runSchematic } = await import('./generate/run-schematic.ts');
  const options = { name, fields, ...(singular !== undefined && { singular }) };
  const run = { root: ROOT, isDryRun: values['dry-run'], isForced: values.force };
  await runSchematic('feature', options, run, (line) => void process.stdout.write(`${line}\n`));
  if (values['dry-run']) return void process.stdout.write('Nothing was written\n');
  if (!values['no-openapi']) updateOpenApi();
  process.stdout.write(`
The tests of it:   npm test -- ${name}
The service:       npm start
Then look at:      http://127.0.0.1:3000/docs
`);
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        field: { type: 'string', multiple: true },
        singular: { type: 'string' },
        force: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        'no-openapi': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    if (Error.isError(error)) throw new UsageError(error.message.replace(/\. .*/s, ''));
    throw error;
  }
}

/** The feature is there whether this works or not: a MongoDB that cannot be started must not look like a failure of it. */
function updateOpenApi(): void {
  process.stdout.write('Bringing openapi.json up to date\n');
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'openapi'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status === 0) return void process.stdout.write('UPDATE openapi.json\n');
  process.stderr.write(`${stderr}\nopenapi.json could not be brought up to date: run npm run openapi\n`);
  process.exitCode = 1;
}
