import { ConfigurationError } from '#config';
import { failure, ok, type Check } from '../check.ts';

/** The variables of the environment and of `.env`. */
export const configCheck: Check = {
  code: 'CONFIG',
  title: 'Configuration',
  needs: [],
  run(context) {
    try {
      const { server } = context.configuration;
      return ok(server.environment);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const problems = error.problems.map(({ variable, message }) => `${variable} ${message}`);
      return failure(
        problems.join('; '),
        'change these variables in .env or the environment; .env.example explains each',
      );
    }
  },
};
