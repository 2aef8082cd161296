/** Runs field scenarios the way a person would: matrix, lab and candidate as files, real machines, the judge's verdict. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { judgeRun } from '../../src/app/judge-run.ts'
import { runCandidate } from '../../src/app/run-candidate.ts'
import { monotonicMs } from '../../src/kit/clock.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import type { FieldScenario } from './field-scenarios.ts'
import { laneControls, laneLab, removeLane, type LaneLab } from './lane-lab.ts'

const root = resolve(import.meta.dirname, '../..')
const TOOL = `#!/bin/sh
set -e
mkdir -p /opt/tool
printf '#!/bin/sh\\nuptime\\n' >/opt/tool/tool
chmod 755 /opt/tool/tool
`

export interface FieldResult {
  readonly scenario: FieldScenario
  readonly verdict: Verdict
  readonly seconds: number
  /** What is not as it should be; empty when all is. */
  readonly wrong: readonly string[]
}

export interface FieldLab {
  run(scenario: FieldScenario): Promise<FieldResult>
  close(): void
}

/**
 * One lab for many scenarios: layers and clean controls are shared between them; controls also with other labs that name the same
 * folder by RINGZERO_FIELD_FOLDER, as the runs of one user share them.
 */
export function fieldLab(signal?: AbortSignal): FieldLab {
  const lane = laneLab()
  const kept = process.env['RINGZERO_FIELD_FOLDER']
  if (kept !== undefined) {
    mkdirSync(join(kept, 'controls'), { recursive: true })
    symlinkSync(join(kept, 'controls'), join(lane.store, 'controls'))
  }
  writeFileSync(
    join(lane.folder, 'lab.yaml'),
    stringify({
      version: 1,
      store: lane.store,
      hosts: [{ name: 'local', provider: 'qemu', capacity: { vcpus: 4, memoryMiB: 2048, machines: 2 } }],
      images: [{ id: 'cloud', kind: 'linux-micro', os: 'linux', build: { kernel: 'cloud' } }],
      products: [
        ...['sensor', 'netwatch', 'filekeeper'].map((id) => ({
          folder: join(root, 'fixtures/products', id),
        })),
        ...Object.entries(PRODUCTS).map(([id, product]) => ({ folder: writeProduct(lane, id, product) })),
      ],
    }),
  )
  return {
    run: (scenario) => runScenario(lane, scenario, signal),
    close: () => removeLane(lane),
  }
}

interface FieldProduct {
  /** Lines of its service; `exec` runs in its place instead. */
  readonly daemon: string
  /** Further files: name → where it goes and what is in it. */
  readonly files?: Readonly<Record<string, { readonly to: string; readonly text: string }>>
  readonly install?: string
  /** Name → lines of a shell that use what it does for others. */
  readonly use?: Readonly<Record<string, string>>
}

/**
 * Products with habits of their own: one that rewrites its version file, one that gives the network card an address, one that
 * answers requests on the loopback, takes messages from any account and brings a root certificate.
 */
const PRODUCTS: Readonly<Record<string, FieldProduct>> = {
  selfup: { daemon: 'sleep 8\nn=$(cat /opt/selfup/version)\necho "$n.1" >/opt/selfup/version\nsync' },
  netcard: { daemon: 'ip addr add 10.9.8.7/24 dev eth0\nip link set eth0 up\ntouch /run/netcard-ready' },
  answerer: {
    daemon: 'exec httpd -f -p 127.0.0.1:8080 -h /opt/answerer',
    files: {
      slow: {
        to: '/opt/answerer/cgi-bin/slow',
        text: '#!/bin/sh\nsleep 1\nprintf "Content-Type: text/plain\\r\\n\\r\\n7\\n"\n',
      },
      certificate: {
        to: '/etc/ssl/certs/answerer.pem',
        text: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      },
    },
    install:
      'chmod 755 /opt/answerer/cgi-bin/slow; mkdir -p /var/spool/answerer; chmod 1777 /var/spool/answerer',
    use: {
      // By nc: busybox' static wget dies in the C library's name lookup.
      answers:
        "printf 'GET /version HTTP/1.0\\r\\n\\r\\n' | nc -w 5 127.0.0.1 8080 | grep -q '^7$' || { echo 'no answer'; exit 1; }",
      'takes-messages':
        'said=$(su -s /bin/sh nobody -c "echo message >/var/spool/answerer/message" 2>&1) || { echo "$said"; exit 1; }; rm -f /var/spool/answerer/message',
    },
  },
}

function writeProduct(
  lane: LaneLab,
  id: string,
  { daemon, files: further = {}, install, use = {} }: FieldProduct,
): string {
  const folder = join(lane.folder, 'products', id)
  mkdirSync(folder, { recursive: true })
  const files = {
    ...Object.fromEntries(Object.entries(further).map(([name, { text }]) => [name, text])),
    daemon: `#!/bin/sh\n${daemon}\nwhile :; do sleep 60; done\n`,
    service: `exec=/opt/${id}/daemon\n`,
    version: '7\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const place = [
    { file: 'daemon', to: `/opt/${id}/daemon`, mode: '0755' },
    { file: 'version', to: `/opt/${id}/version` },
    { file: 'service', to: `/etc/ringzero-guest/services/${id}.service` },
    ...Object.entries(further).map(([file, { to }]) => ({ file, to })),
  ]
  const product = {
    version: 1,
    id,
    title: id,
    release: '1.0',
    kind: 'script',
    files: Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) })),
    recipes: {
      linux: {
        install: {
          place,
          ...(install === undefined ? {} : { run: [shell('-c', install)] }),
          restartServices: [id],
        },
        verify: { services: [id] },
      },
    },
    health: {
      linux: {
        services: [id],
        readyTimeoutSeconds: 60,
        use: usesOf(use),
      },
    },
  }
  writeFileSync(join(folder, 'product.yaml'), stringify(product))
  return folder
}

function usesOf(use: Readonly<Record<string, string>>): object[] {
  return Object.entries(use).map(([name, line]) => ({
    name,
    times: 2,
    command: { ...shell('-c', line), timeoutSeconds: 20 },
  }))
}

function shell(...words: string[]): object {
  return { program: '/bin/sh', arguments: words }
}

async function runScenario(
  lane: LaneLab,
  scenario: FieldScenario,
  signal: AbortSignal | undefined,
): Promise<FieldResult> {
  const folder = mkdtempSync(join(lane.folder, `${scenario.id}-`))
  const begun = monotonicMs()
  const matrix = join(folder, 'matrix.yaml')
  mkdirSync(join(folder, 'candidate'), { recursive: true })
  writeFileSync(matrix, stringify(matrixOf(scenario)))
  writeCandidate(join(folder, 'candidate'), scenario)
  const runFolder = join(folder, 'run')
  await runCandidate(
    {
      matrix,
      lab: lane.lab,
      candidate: join(folder, 'candidate'),
      seed: 1,
      effort: 1,
      isolate: 0,
      runFolder,
    },
    { ...laneControls(() => undefined), ...(signal === undefined ? {} : { signal }) },
  )
  signal?.throwIfAborted()
  const { report } = await judgeRun(runFolder, DEFAULT_POLICY, 0)
  const verdict = report.cells[0]?.verdict
  if (verdict === undefined) throw new Error(`scenario ${scenario.id} has no cell`)
  const keep = process.env['RINGZERO_KEEP_FIELD']
  if (keep !== undefined) cpSync(runFolder, join(keep, scenario.id), { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  const seconds = (monotonicMs() - begun) / 1000
  return { scenario, verdict, seconds, wrong: faultsOf(scenario, verdict) }
}

function matrixOf({
  id,
  products = ['netwatch', 'filekeeper'],
  memoryMiB = 192,
  network,
  soakSeconds = 2,
  use = {},
}: FieldScenario): object {
  const machine = {
    cpu: { model: 'max' },
    memoryMiB,
    disk: { bus: 'virtio' },
    ...(network === true ? { network: { model: 'virtio', access: 'isolated' } } : {}),
  }
  return {
    version: 1,
    id: `field-${id}`,
    axes: {
      products: { values: [{ id: 'products', products }] },
      build: { values: [{ id: 'cloud', image: 'cloud' }] },
      hw: { values: [{ id: 'hw', machine, ...(Object.keys(use).length === 0 ? {} : { use: usesOf(use) }) }] },
    },
    strength: 1,
    restarts: 2,
    soakSeconds,
  }
}

function writeCandidate(
  folder: string,
  { id, says, install, boot, uninstall = '', reboot, timeoutSeconds }: FieldScenario,
): void {
  const early = '/etc/ringzero-guest/boot.d/30-tool'
  const addEarly =
    boot === undefined
      ? ''
      : `cat >${early} <<'EARLY'\n#!/bin/sh\n${boot}\nexit 0\nEARLY\nchmod 755 ${early}\n`
  const files = {
    'install.sh': `${TOOL}${addEarly}${install}\nsync\n`,
    'uninstall.sh': `#!/bin/sh\n${uninstall}\n${boot === undefined ? '' : `rm -f ${early}\n`}rm -rf /opt/tool\n`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const uninstaller = '/var/lib/tool/uninstall'
  const candidate = {
    version: 1,
    id: `field-${id}`,
    title: says,
    release: '1.0',
    kind: 'script',
    files: Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) })),
    recipes: {
      linux: {
        install: {
          ...(reboot === undefined ? {} : { reboot }),
          place: [{ file: 'uninstall.sh', to: uninstaller, mode: '0755' }],
          run: [
            {
              ...shell('${files}/install.sh'),
              ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
            },
          ],
        },
        verify: { files: [{ path: '/opt/tool/tool' }] },
        rollback: { run: [shell(uninstaller)] },
      },
    },
  }
  writeFileSync(join(folder, 'candidate.yaml'), stringify(candidate))
}

function faultsOf({ right }: FieldScenario, verdict: Verdict): string[] {
  const text = [verdict.because, ...verdict.symptoms.map(({ summary, seen }) => `${summary} ${seen}`)].join(
    '\n',
  )
  const told = verdict.symptoms.find((symptom) => right.classes.includes(symptom.class))
  return [
    ...(verdict.outcome === right.outcome ? [] : [`${verdict.outcome}, not ${right.outcome}`]),
    ...(verdict.blame === right.blame ? [] : [`blames ${verdict.blame}, not ${right.blame}`]),
    ...(right.classes.length === 0 || told !== undefined ? [] : [`no ${right.classes.join(' or ')}`]),
    ...(right.phase === undefined || told?.phase === right.phase
      ? []
      : [`in ${told?.phase}, not ${right.phase}`]),
    ...(right.recovery === undefined ||
    (verdict.recovery?.step === right.recovery && verdict.recovery.broughtBack)
      ? []
      : [`recovery: ${JSON.stringify(verdict.recovery)}`]),
    ...(right.words ?? []).filter((word) => !text.includes(word)).map((word) => `does not say "${word}"`),
  ]
}
