/** After the roll-back the machine is what it was: no file or service of the candidate is left, none is lost. */
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { blind, expectation, look, type Looked } from '../shared/look.ts'
import { recipePaths } from '../shared/recipe-paths.ts'

interface Remembered {
  /** path → sha256; absent when the file was. */
  readonly files: Readonly<Record<string, string>>
  readonly services: readonly string[]
  readonly pending: readonly string[]
}

const SHOWN = 40

export const rollbackComplete: Check = {
  id: 'rollback-complete',
  title: 'the roll-back leaves the machine as it was',
  moments: ['baseline', 'after-rollback'],
  os: ['linux', 'windows'],
  async run(target, ctx) {
    const paths = recipePaths(target.candidate?.recipes, target.os.name)
    const looked = await survey(paths, target, ctx)
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    if (target.moment === 'baseline') {
      target.memory.set('baseline', now)
      return []
    }
    const before = target.memory.get('baseline') as Remembered | undefined
    if (before === undefined) return [blind('rollback', 'the machine was not surveyed at the baseline')]
    // That a restart is no longer pending is no loss: only what was added counts.
    const stillPending = before.pending.filter((reason) => now.pending.includes(reason))
    return [
      filesFact(paths, before, now),
      listFact('rollback:services', 'services', before.services, now.services),
      listFact('rollback:pending-restart', 'pending restarts', stillPending, now.pending),
    ]
  },
}

async function survey(
  paths: readonly string[],
  target: CheckTarget,
  ctx: Context,
): Promise<Looked<Remembered>> {
  const { os, guest } = target
  return look('rollback', async () => {
    const found =
      paths.length === 0 ? undefined : await os.files(paths, guest, ctx, Math.max(100, paths.length))
    const services = await os.services(guest, ctx)
    const boot = await os.boot(guest, ctx)
    return {
      files: Object.fromEntries([...(found?.files ?? [])].map(([path, file]) => [path, file.sha256])),
      services: services.map(({ name, wanted }) => `${name}${wanted ? '' : ' (not wanted)'}`),
      pending: boot.pendingRestart,
    }
  })
}

function filesFact(paths: readonly string[], before: Remembered, now: Remembered): Fact {
  const all = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])].sort()
  const wrong = all.flatMap((path) => {
    const [was, is] = [before.files[path], now.files[path]]
    if (was === is) return []
    return [
      was === undefined ? `${path} is left` : is === undefined ? `${path} is missing` : `${path} differs`,
    ]
  })
  return expectation('rollback-incomplete', {
    subject: 'rollback:files',
    expected: `${paths.length} places of the candidate as at the baseline`,
    seen: wrong.length === 0 ? 'as at the baseline' : wrong.slice(0, SHOWN).join('; '),
    holds: wrong.length === 0,
  })
}

function listFact(subject: string, what: string, before: readonly string[], now: readonly string[]): Fact {
  const gone = before.filter((name) => !now.includes(name)).map((name) => `${name} is gone`)
  const left = now.filter((name) => !before.includes(name)).map((name) => `${name} is left`)
  const wrong = [...gone, ...left]
  return expectation('rollback-incomplete', {
    subject,
    expected: `the same ${what} as at the baseline`,
    seen: wrong.length === 0 ? 'the same' : wrong.slice(0, SHOWN).join('; '),
    holds: wrong.length === 0,
  })
}
