import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { OPS, runOps } from '../../apps/ops/test/run-ops.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { readCompose, readYaml, ROOT } from './files.ts';

const BASE = 'deploy/kubernetes/base';
const OVERLAYS = ['deploy/kubernetes/overlays/embedded', 'deploy/kubernetes/overlays/external-replica-set'];
const PARTS = [BASE, ...OVERLAYS, 'docker/mongodb'];

interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string; value: string }[];
  envFrom?: { configMapRef: { name: string } }[];
  securityContext: object;
  resources: { requests?: object; limits?: { memory?: string } };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}
interface Probe {
  httpGet?: { path: string };
  tcpSocket?: object;
}
interface PodSpec {
  automountServiceAccountToken?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext: object;
  containers: Container[];
  initContainers?: Container[];
}
interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: {
    template?: { spec: PodSpec };
    jobTemplate?: { spec: { template: { spec: PodSpec } } };
    podSelector?: object;
    policyTypes?: string[];
    [field: string]: unknown;
  };
}
interface Generator {
  name: string;
  literals?: string[];
  files?: string[];
}
interface Kustomization {
  resources?: string[];
  configMapGenerator?: Generator[];
  secretGenerator?: Generator[];
}

const manifests = PARTS.flatMap((part) => globSync(`${part}/*.yaml`, { cwd: ROOT }))
  .filter((file) => !file.endsWith('kustomization.yaml'))
  .flatMap((file) => readYaml<Manifest>(file));

const podOf = ({ spec }: Manifest): PodSpec | undefined =>
  spec?.template?.spec ?? spec?.jobTemplate?.spec.template.spec;
const workloads = manifests.flatMap((manifest): [string, PodSpec][] => {
  const pod = podOf(manifest);
  return pod ? [[`${manifest.kind} ${manifest.metadata.name}`, pod]] : [];
});
const named = (kind: string, name: string): Manifest | undefined =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

describe.each(PARTS)('%s', (folder) => {
  const [kustomization = {}] = readYaml<Kustomization>(`${folder}/kustomization.yaml`);

  it('names resources and scripts that are there', () => {
    const { resources = [], configMapGenerator = [] } = kustomization;
    const paths = [...resources, ...configMapGenerator.flatMap(({ files = [] }) => files)];
    expect(paths.filter((path) => !existsSync(join(ROOT, folder, path)))).toEqual([]);
  });

  it('takes secrets from files that git ignores, and writes none down', () => {
    const { secretGenerator = [], configMapGenerator = [] } = kustomization;
    for (const { files = [], literals } of secretGenerator) {
      expect(literals).toBeUndefined();
      for (const file of files) expect(file).toMatch(/^(?:\w+=)?secrets\//);
    }
    for (const { literals = [] } of configMapGenerator) {
      expect(literals.filter((literal) => /^\w*(?:PASSWORD|TOKEN|URI)=/.test(literal))).toEqual([]);
    }
  });
});

describe('A45: workloads', () => {
  it('are the service, the backup and the database', () => {
    expect(workloads.map(([name]) => name).sort()).toEqual([
      'CronJob backup',
      'CronJob drill',
      'Deployment web',
      'StatefulSet mongodb',
    ]);
  });

  it.each(workloads)('%s meets the restricted Pod Security Standard', (_, pod) => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: expect.any(Number),
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toMatchObject({
        requests: expect.anything(),
        limits: { memory: expect.anything() },
      });
    }
  });

  it('use the MongoDB of the compose files', () => {
    const { image } = readCompose('docker-compose.yml').services.mongodb ?? {};
    expect(named('StatefulSet', 'mongodb')?.spec.template?.spec.containers[0]?.image).toBe(image);
  });
});

describe('Deployment web', () => {
  const pod = named('Deployment', 'web')?.spec.template?.spec;
  const [web] = pod?.containers ?? [];

  it('asks each probe where it belongs', () => {
    expect(web?.startupProbe?.httpGet?.path).toBe('/health/startup');
    expect(web?.livenessProbe?.httpGet?.path).toBe('/health/live');
    expect(web?.readinessProbe?.httpGet?.path).toBe('/health/ready');
  });

  it('gets longer to stop than it takes', () => {
    const [{ configMapGenerator = [] } = {}] = readYaml<Kustomization>(`${BASE}/kustomization.yaml`);
    const literals = configMapGenerator.find(({ name }) => name === 'web')?.literals ?? [];
    const ms = (name: string): number =>
      Number(literals.find((each) => each.startsWith(`${name}=`))?.split('=')[1]);
    const takenMs = ms('SHUTDOWN_DRAIN_MS') + ms('SHUTDOWN_TIMEOUT_MS');
    expect(takenMs).toBeGreaterThan(0);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(takenMs / 1_000 + 5);
  });

  it('leaves the number of instances to the autoscaler, and survives the drain of a node', () => {
    expect(named('Deployment', 'web')?.spec.replicas).toBeUndefined();
    expect(named('HorizontalPodAutoscaler', 'web')?.spec.minReplicas).toBeGreaterThanOrEqual(2);
    expect(named('PodDisruptionBudget', 'web')?.spec.maxUnavailable).toBe(1);
  });
});

describe('CronJob backup', () => {
  const pod = podOf(named('CronJob', 'backup') ?? { kind: '', metadata: { name: '' }, spec: {} });

  it('makes a backup first, and removes old ones only when that has succeeded', () => {
    expect(pod?.initContainers?.[0]?.command?.slice(0, 5)).toEqual([
      'ops',
      'backup',
      'create',
      '--out',
      '/backup',
    ]);
    expect(pod?.containers[0]?.command?.slice(0, 3)).toEqual(['ops', 'backup', 'prune']);
  });

  it('never runs twice at a time', () => {
    expect(named('CronJob', 'backup')?.spec.concurrencyPolicy).toBe('Forbid');
  });
});

describe('CronJob drill', () => {
  const pod = podOf(named('CronJob', 'drill') ?? { kind: '', metadata: { name: '' }, spec: {} });
  const [drill] = pod?.containers ?? [];
  const [scratch] = pod?.initContainers ?? [];

  it('has a server of its own, which nobody else reaches and which ends with it', () => {
    const { image } = readCompose('docker-compose.yml').services.mongodb ?? {};
    expect(scratch).toMatchObject({ image, restartPolicy: 'Always' });
    expect(scratch?.command).toEqual(expect.arrayContaining(['--bind_ip', '127.0.0.1']));
  });

  it('restores the newest backup, and proves it so', async () => {
    const server = await MongodServer.start();
    const folder = await mkdtemp(join(tmpdir(), 'drill-'));
    try {
      await writeFile(join(folder, 'ops'), `#!/bin/sh\nexec node "${OPS}" "$@"\n`, { mode: 0o755 });
      for (const name of ['older', 'newer'])
        await runOps(['backup', 'create', '--out', folder, '--name', name], {
          MONGODB_URI: server.uri('app'),
        });
      const variables = drill?.env?.map(({ name, value }) => [
        name,
        value.replace(':27017', `:${server.port}`),
      ]);
      const [shell = '', ...args] = drill?.command ?? [];
      const { status, stdout, stderr } = spawnSync(
        shell,
        args.map((arg) => arg.replace('/backup ', `${folder} `)),
        {
          env: {
            ...Object.fromEntries(variables ?? []),
            PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter),
          },
          encoding: 'utf8',
        },
      );
      expect([status, stdout, stderr]).toEqual([
        0,
        expect.stringContaining('restored into a scratch database'),
        expect.any(String),
      ]);
      const { stdout: found } = await runOps(['backup', 'list', '--backups', folder, '--json']);
      const { backups } = JSON.parse(found) as { backups: { name: string; proof: { kind: string } }[] };
      expect(backups.map(({ name, proof }) => [name, proof.kind])).toEqual([
        ['newer', 'drill'],
        ['older', 'read'],
      ]);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('network', () => {
  it('is closed but for what is named', () => {
    expect(named('NetworkPolicy', 'nothing')?.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(named('NetworkPolicy', 'mongodb')?.spec.policyTypes).toEqual(['Ingress']);
  });
});
