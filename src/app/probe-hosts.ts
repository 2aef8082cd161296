/** `ringzero doctor --probe`: what works on each host of a lab, in a form that can be sent with a bug report. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { readableSecrets } from '../inputs/secrets.ts'
import { withFileLock } from '../lab/file-lock.ts'
import { PROBE_RUN, probeFolder, probeLock, reasonToLeaveProbe } from '../lab/probe-lock.ts'
import { AppError } from '../model/errors.ts'
import type { Context } from '../sdk/context.ts'
import type { ProbeLine, Provider } from '../sdk/provider.ts'
import { openLab, type OpenLab } from './open-lab.ts'
import { toolVersion } from './tool-version.ts'
import { workingContext } from './working-context.ts'

export interface ProbeReport {
  readonly schema: 'ringzero/probe/1'
  readonly ringzero: string
  readonly node: string
  readonly works: boolean
  readonly hosts: readonly ProbedHost[]
}

export interface ProbedHost {
  readonly provider: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly lines: readonly ProbeLine[]
}

/** All looks of one host together. */
const PROBE_MS = 900_000

/**
 * Probes the hosts of the lab one after the other. Names of users, of this computer and of its folders, and secrets of the
 * lab, are taken out of everything that the report says.
 * @throws AppError PROBE_NONE (user) when no host of the lab can be probed; what openLab throws
 */
export async function probeHosts(labFile: string, signal: AbortSignal): Promise<ProbeReport> {
  const ctx = workingContext(signal)
  const opened = await openLab(labFile, ctx)
  const { lab } = opened
  const probed = opened.hosts.filter(({ provider }) => provider.probe !== undefined)
  if (probed.length === 0) {
    const names = [...new Set(lab.hosts.map(({ provider }) => provider))].join(', ')
    throw new AppError('PROBE_NONE', 'user', `no host of the lab can be probed (${names})`, {
      where: { file: lab.file, field: 'hosts' },
      hint: 'a host with provider: hyper-v can; run it there',
    })
  }
  const hosts: ProbedHost[] = []
  await withFileLock(probeLock(lab.storeFolder), ctx, async () => {
    for (const { provider, host } of probed) hosts.push(await probeOne(provider, host.name, opened, ctx))
  })
  const shown = withoutNames(hosts, namesOf(opened)) as readonly ProbedHost[]
  return {
    schema: 'ringzero/probe/1',
    ringzero: toolVersion(),
    node: process.versions.node,
    works: hosts.every(({ lines }) => lines.every(({ works }) => works)),
    hosts: shown,
  }
}

async function probeOne(
  provider: Provider,
  host: string,
  { lab }: OpenLab,
  ctx: Context,
): Promise<ProbedHost> {
  const own = { ...ctx, deadline: ctx.clock.now() + PROBE_MS }
  const { facts } = await provider.inspectHost(own)
  await removeLeftovers(provider, lab.storeFolder, own)
  await mkdir(probeFolder(lab.storeFolder), { recursive: true })
  const folder = await mkdtemp(join(probeFolder(lab.storeFolder), 'p-'))
  const mark = randomBytes(3).toString('hex')
  const ref = {
    provider: provider.name,
    host,
    run: PROBE_RUN,
    cell: mark,
    arm: 'control',
    attempt: 1,
    name: `rz-probe-${mark}`,
    details: {},
  } as const
  try {
    return { provider: provider.name, facts, lines: (await provider.probe?.(ref, folder, own)) ?? [] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a probe that was killed left on this host; this probe holds the lock, so that no other probe is at work on it. */
async function removeLeftovers(provider: Provider, store: string, ctx: Context): Promise<void> {
  for (const ref of await provider.listMachines(PROBE_RUN, ctx).catch(() => [])) {
    if ((await reasonToLeaveProbe(ref, store)) === 'a probe of another store made it') continue
    const machine = await provider.adopt(ref, ctx)
    await machine?.destroy(ctx)
  }
}

type Names = readonly (readonly [string, string])[]

/** Text that must not leave the lab → its replacement; the longest first, since one may contain another. */
function namesOf({ lab, secret }: OpenLab): Names {
  const secrets = readableSecrets(lab.secrets ?? [], secret).values
  const names: (readonly [string, string])[] = [
    ...secrets.map((value) => [value, '<secret>'] as const),
    [lab.storeFolder, '<store>'],
    [lab.folder, '<lab>'],
    [homedir(), '<home>'],
    [userInfo().username, '<user>'],
    [hostname(), '<computer>'],
    ...lab.hosts.map(({ name }) => [name, '<host>'] as const),
  ]
  return names.filter(([name]) => name.length > 1).toSorted(([a], [b]) => b.length - a.length)
}

/** The same value with names taken out of each text, also where only the case differs. */
export function withoutNames(value: unknown, names: Names): unknown {
  if (typeof value === 'string') {
    const plain = names.reduce(
      (text, [name, stand]) =>
        text.replaceAll(new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`, 'gi'), () => stand),
      value,
    )
    // Accounts of a computer or domain are named by these, too.
    return plain.replaceAll(/S-1-5-21(?:-\d+){3,}/g, '<account>')
  }
  if (Array.isArray(value)) return value.map((part) => withoutNames(part, names))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutNames(part, names)]))
}

/** A text as a regular expression that finds it. */
function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
