/** Says what this computer can do as a host, what is missing, and the exact command that fixes it. */
import { statfs } from 'node:fs/promises'
import { findBrowser, HOW_TO_GET_ONE } from '../kit/chromium.ts'
import { AppError } from '../model/errors.ts'
import type { Context } from '../sdk/context.ts'
import type { HostFacts, HostFinding } from '../sdk/provider.ts'
import { installerPrefix, planFixes, runFixes } from './fix-host.ts'

export interface Diagnosis {
  readonly schema: 'ringzero/doctor/1'
  readonly ready: boolean
  readonly facts: Readonly<Record<string, unknown>>
  readonly findings: readonly HostFinding[]
  /** Commands that would fix what is missing; empty when nothing is. */
  readonly fixes: readonly string[]
}

export interface DoctorOptions {
  /** Each source of findings: a provider's host inspection, an image builder's requirements. */
  readonly inspections: readonly ((ctx: Context) => Promise<HostFacts>)[]
  /** The folder whose disk must have room. */
  readonly storeFolder: string
  /** Node's version, as `24.21.0`. */
  readonly nodeVersion: string
}

/** Free space below which images and overlays will not fit. */
const MINIMUM_FREE_GIB = 3

/** Looks; changes nothing. */
export async function diagnose(options: DoctorOptions, ctx: Context): Promise<Diagnosis> {
  const inspected = await Promise.all(options.inspections.map((inspect) => inspect(ctx)))
  const findings = [
    nodeFinding(options.nodeVersion),
    await diskFinding(options.storeFolder),
    browserFinding(findBrowser()),
    ...inspected.flatMap((entry) => entry.findings),
  ]
  const prefix = await installerPrefix(ctx.signal)
  return {
    schema: 'ringzero/doctor/1',
    ready: findings.every((finding) => finding.state === 'ok' || !finding.required),
    facts: Object.assign({}, ...inspected.map((entry) => entry.facts)) as Record<string, unknown>,
    findings,
    fixes: planFixes(findings, prefix ?? ['sudo']).map((command) => command.join(' ')),
  }
}

/**
 * Fixes what can be fixed and looks again.
 * @throws AppError HOST_NOT_MENDABLE when packages may not be installed here, with what to run; HOST_MENDING when a command failed
 */
export async function fix(
  diagnosis: Diagnosis,
  options: DoctorOptions,
  say: (line: string) => void,
  ctx: Context,
): Promise<Diagnosis> {
  if (diagnosis.fixes.length === 0) return diagnosis
  const prefix = await installerPrefix(ctx.signal)
  if (prefix === undefined) {
    throw new AppError(
      'HOST_NOT_MENDABLE',
      'host',
      'packages are missing and this user may not install them',
      { hint: `run: ${diagnosis.fixes.join(' && ')}` },
    )
  }
  await runFixes(planFixes(diagnosis.findings, prefix), say, ctx.signal)
  return diagnose(options, ctx)
}

/** An older one never comes here: the command line refuses it (cli/node-version.ts). */
function nodeFinding(version: string): HostFinding {
  return { id: 'node', state: 'ok', message: `Node ${version}`, required: true }
}

/** Without one nothing but the PDF of a partner's bundle is missing, so that it is not installed by `--fix`. */
export function browserFinding(browser: string | undefined): HostFinding {
  return {
    id: 'browser',
    state: browser === undefined ? 'degraded' : 'ok',
    message:
      browser === undefined
        ? `no Chromium, so that bundles for partners have no PDF: ${HOW_TO_GET_ONE}`
        : `bundles for partners are printed by ${browser}`,
    required: false,
  }
}

async function diskFinding(folder: string): Promise<HostFinding> {
  const { bavail, bsize } = await statfs(folder).catch(() => statfs('.'))
  const free = (bavail * bsize) / 2 ** 30
  const isEnough = free >= MINIMUM_FREE_GIB
  return {
    id: 'disk-space',
    state: isEnough ? 'ok' : 'missing',
    message: `${free.toFixed(1)} GiB free for images and overlays${isEnough ? '' : `, but ${MINIMUM_FREE_GIB} are needed: free some or set store in lab.yaml`}`,
    required: true,
  }
}
