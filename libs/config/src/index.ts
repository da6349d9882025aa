export { ConfigurationError, EXIT_CONFIGURATION } from './configuration.error.ts';
export { loadConfiguration, type Configuration } from './load-configuration.ts';
export {
  databaseConfig,
  diagnosticsConfig,
  healthConfig,
  serverConfig,
  type DatabaseConfig,
  type DiagnosticsConfig,
  type HealthConfig,
  type ServerConfig,
} from './sections.ts';
