import { EXIT } from '../exit-codes.ts';
import { runCommand } from '../run-command.ts';
import { readFacts } from './read-facts.ts';
import { planUpgrade, type UpgradePlan } from './upgrade-plan.ts';

/** `ops upgrade-check` */
export async function upgradeCheck({ isJson }: { isJson: boolean }): Promise<void> {
  await runCommand({ isJson }, async ({ connection, stdout }) => {
    const plan = planUpgrade(await readFacts(connection.db));
    stdout(isJson ? `${JSON.stringify(plan)}\n` : formatUpgrade(plan));
    return plan.blockers.length === 0 ? EXIT.done : EXIT.failed;
  });
}

export function formatUpgrade({
  version,
  featureCompatibilityVersion,
  topology,
  next,
  blockers,
  notes,
  steps,
}: UpgradePlan): string {
  const sections = [
    [
      `MongoDB ${version}, feature compatibility version ${featureCompatibilityVersion ?? 'unknown'}, ${topology}`,
      next === null
        ? 'There is no next version that this command knows'
        : `Next version: ${next}, and no other`,
    ],
    blockers.length === 0
      ? next === null
        ? []
        : ['Nothing stands in the way that can be seen from here']
      : [
          'In the way:',
          ...blockers.flatMap(({ code, cause, next: step }) => [
            `  ✗ ${code}: ${cause}`,
            `    Next step: ${step}`,
          ]),
        ],
    notes.length === 0 ? [] : ['To know:', ...notes.map((note) => `  - ${note}`)],
    steps.length === 0 ? [] : ['Steps:', ...steps.map((step, index) => `  ${index + 1}. ${step}`)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}
