import type { Check } from './check.ts';
import { authenticationCheck } from './checks/authentication.check.ts';
import { authorisationCheck } from './checks/authorisation.check.ts';
import { backupAgeCheck } from './checks/backup-age.check.ts';
import { clockSkewCheck } from './checks/clock-skew.check.ts';
import { configCheck } from './checks/config.check.ts';
import { dataFolderCheck } from './checks/data-folder.check.ts';
import { diskSpaceCheck } from './checks/disk-space.check.ts';
import { dnsCheck } from './checks/dns.check.ts';
import { fcvCheck } from './checks/fcv.check.ts';
import { indexDriftCheck } from './checks/index-drift.check.ts';
import { openFilesCheck } from './checks/open-files.check.ts';
import { poolLimitsCheck } from './checks/pool-limits.check.ts';
import { serverVersionCheck } from './checks/server-version.check.ts';
import { serverCheck } from './checks/server.check.ts';
import { tcpCheck } from './checks/tcp.check.ts';
import { tlsCheck } from './checks/tls.check.ts';
import { topologyCheck } from './checks/topology.check.ts';
import { validatorDriftCheck } from './checks/validator-drift.check.ts';
import { writeConcernCheck } from './checks/write-concern.check.ts';

/** From the outside to the inside: the first that fails is the one to mend. */
export const CHECKS: readonly Check[] = [
  configCheck,
  dnsCheck,
  tcpCheck,
  tlsCheck,
  serverCheck,
  authenticationCheck,
  topologyCheck,
  authorisationCheck,
  serverVersionCheck,
  fcvCheck,
  writeConcernCheck,
  clockSkewCheck,
  indexDriftCheck,
  validatorDriftCheck,
  poolLimitsCheck,
  openFilesCheck,
  dataFolderCheck,
  diskSpaceCheck,
  backupAgeCheck,
];
