import { registerAs, type ConfigType } from '@nestjs/config';
import { loadConfiguration } from './load-configuration.ts';

/** HTTP server, logging and shutdown. */
export const serverConfig = registerAs('server', () => loadConfiguration().server);
export type ServerConfig = ConfigType<typeof serverConfig>;

/** Where the database is and how long to wait for it. */
export const databaseConfig = registerAs('database', () => loadConfiguration().database);
export type DatabaseConfig = ConfigType<typeof databaseConfig>;

/** How often the database is checked, and how long a check may take. */
export const healthConfig = registerAs('health', () => loadConfiguration().health);
export type HealthConfig = ConfigType<typeof healthConfig>;

/** The test-document endpoint: rate and access. */
export const diagnosticsConfig = registerAs('diagnostics', () => loadConfiguration().diagnostics);
export type DiagnosticsConfig = ConfigType<typeof diagnosticsConfig>;
