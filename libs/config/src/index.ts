export { ConfigurationError, EXIT_CONFIGURATION, type ConfigurationProblem } from './configuration.error.ts';
export { readEnvironment, SECRET_VARIABLES, type Environment } from './environment.ts';
export { loadConfiguration, type Configuration } from './load-configuration.ts';
export {
  databaseConfig,
  diagnosticsConfig,
  embeddedConfig,
  healthConfig,
  serverConfig,
  type DatabaseConfig,
  type DiagnosticsConfig,
  type EmbeddedConfig,
  type HealthConfig,
  type ServerConfig,
} from './sections.ts';
