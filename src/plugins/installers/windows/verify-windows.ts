/** Proofs that only Windows gives: build number, package state, product code, file version. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import { bounded, oneLine } from '../../../kit/text.ts'
import { sameVersion } from '../../../kit/version.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Target } from '../../../sdk/installer.ts'
import type { WindowsGuest } from '../../../sdk/windows-guest.ts'

type Expectation = FactOf<'expectation'>

/** One expectation for each of `verify`'s build, package, productCode and file versions. */
export async function verifyWindows(
  artifact: Artifact,
  windows: WindowsGuest,
  target: Target,
  ctx: Context,
): Promise<readonly Expectation[]> {
  const verify = artifact.recipe.verify
  const facts: Expectation[] = []
  if (verify?.build !== undefined) {
    const { build } = await target.os.boot(target.guest, ctx)
    facts.push(expectation('installed:build', verify.build, build, sameVersion(build, verify.build)))
  }
  if (verify?.package !== undefined) facts.push(await packageFact(verify.package, windows, target, ctx))
  if (verify?.productCode !== undefined) {
    const code = verify.productCode.toLowerCase()
    const found = (await windows.programs(target.guest, ctx)).find(({ id }) => id.toLowerCase() === code)
    const seen = found === undefined ? 'is not there' : `${found.name} ${found.version}`
    facts.push(expectation(`installed:product:${verify.productCode}`, 'is there', seen, found !== undefined))
  }
  return [...facts, ...(await versionFacts(artifact, windows, target, ctx))]
}

async function packageFact(
  name: string,
  windows: WindowsGuest,
  target: Target,
  ctx: Context,
): Promise<Expectation> {
  const { packages } = await windows.servicing([name], target.guest, ctx)
  const states = Object.entries(packages)
  const holds = states.some(([, state]) => state === 'Installed')
  const seen = states.length === 0 ? 'NotPresent' : states.map(([id, state]) => `${id}: ${state}`).join('; ')
  return expectation(`installed:package:${name}`, 'Installed', seen, holds)
}

const VersionsSchema = z.record(z.string(), z.string())

async function versionFacts(
  artifact: Artifact,
  windows: WindowsGuest,
  target: Target,
  ctx: Context,
): Promise<readonly Expectation[]> {
  const wanted = (artifact.recipe.verify?.files ?? []).filter((file) => file.version !== undefined)
  if (wanted.length === 0) return []
  const text = await readFile(assetPath('plugins/installers/windows/file-versions.ps1'), 'utf8')
  const paths = wanted.map(({ path }) => path)
  const answer = await windows.runScript({ name: 'file versions', text }, { paths }, target.guest, ctx)
  const versions = VersionsSchema.catch({}).parse(answer)
  return wanted.map(({ path, version = '' }) => {
    const seen = versions[path]
    const holds = seen !== undefined && sameVersion(seen, version)
    return expectation(`installed:version:${path}`, version, seen ?? 'is not there', holds)
  })
}

function expectation(subject: string, expected: string, seen: string, holds: boolean): Expectation {
  return {
    kind: 'expectation',
    subject: bounded(subject, 480),
    expected: bounded(expected, 1900),
    seen: oneLine(seen, 3900),
    holds,
    symptom: 'update-not-applied',
    severity: 'fail',
  }
}
