import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** Folder of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** A service of a compose file, as far as the tests look at it. */
export interface ComposeService {
  image?: string;
  user?: string;
  container_name?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  restart?: string;
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  secrets?: string[];
  environment?: string[] | Record<string, string>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  command?: string[];
  logging?: { options: Record<string, string> };
  deploy?: { resources: { limits: { memory: string }; reservations?: { memory: string } } };
}

/** A compose file, as far as the tests look at it. */
export interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, { internal?: boolean }>;
  secrets?: Record<string, { file?: string; environment?: string }>;
}

/** @param path - In the repository */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @param path - In the repository */
export function readCompose(path: string): ComposeFile {
  return parse(readText(path), { merge: true }) as ComposeFile;
}

/**
 * Reads every document of a file.
 *
 * @param path - In the repository
 */
export function readYaml<T>(path: string): T[] {
  return parseAllDocuments(readText(path), { merge: true, version: '1.1' }).map(
    (document) => document.toJS() as T,
  );
}

/** Variables of a service by name, from either form of writing them. */
export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  if (!Array.isArray(environment)) return environment;
  return Object.fromEntries(
    environment.map((entry) => {
      const end = entry.indexOf('=');
      return [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}
