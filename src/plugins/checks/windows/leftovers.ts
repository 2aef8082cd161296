/** After the roll-back no driver, driver package, filter, program, scheduled task, network filter or folder of the candidate is left, and none is lost. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import type { WindowsGuest } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { isWindowsOwnTask } from './own-task.ts'

const SHOWN = 30
/** Windows' own: their content changes with use. */
const ALWAYS_CHANGES = /\\(?:Temp|Package Cache|regid\.[^\\]*|USOShared|USOPrivate)$|\\ringzero-[^\\]*$/i

/** What is compared → its names. */
type Survey = Readonly<Record<string, readonly string[]>>

export const windowsLeftovers: Check = {
  id: 'windows-leftovers',
  title: 'the roll-back leaves nothing behind',
  cannotSee: 'registry values and files inside folders that were there before (`fingerprint` looks at some)',
  moments: ['baseline', 'after-rollback'],
  os: ['windows'],
  shows: ['rollback-incomplete'],
  async run(target, ctx) {
    const looked = await askWindows('windows:leftovers', target, (windows) => survey(windows, target, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    if (target.moment === 'baseline') {
      target.memory.set('baseline', looked.value)
      return []
    }
    const before = target.memory.get('baseline') as Survey | undefined
    if (before === undefined) return [blind('windows:leftovers', 'nothing was listed at the baseline')]
    return Object.entries(looked.value).map(([what, names]) => compare(what, before[what] ?? [], names))
  },
}

async function survey(windows: WindowsGuest, target: CheckTarget, ctx: Context): Promise<Survey> {
  const { guest, os } = target
  const drivers = await os.drivers(guest, ctx)
  const packages = await windows.driverPackages(guest, ctx)
  const filters = await windows.minifilters(guest, ctx)
  const programs = await windows.programs(guest, ctx)
  const tasks = await windows.tasks(guest, ctx)
  const network = await windows.networkFilters(guest, ctx)
  const text = await readFile(assetPath('plugins/checks/windows/folders.ps1'), 'utf8')
  const folders = NamesSchema.parse(await windows.runScript({ name: 'folders', text }, {}, guest, ctx)).names
  return {
    // Windows starts and stops drivers of its own as it needs them.
    drivers: [...drivers]
      .filter(([, facts]) => !/^Microsoft/i.test(facts['company'] ?? ''))
      .map(([name]) => name),
    'driver packages': packages.map(({ original, version }) => `${original} ${version}`),
    minifilters: filters.map(({ name, altitude }) => `${name} ${altitude}`),
    programs: programs.map(({ id, name, version }) => `${id} ${name} ${version}`),
    'scheduled tasks': tasks
      .filter(({ path }) => !isWindowsOwnTask(path))
      .map(({ path, enabled }) => `${path}${enabled ? '' : ' (disabled)'}`),
    'network filter providers': Object.entries(network.providers).map(([key, name]) => `${key} ${name}`),
    'network callout providers': Object.keys(network.callouts),
    folders: folders.filter((name) => !ALWAYS_CHANGES.test(name)),
  }
}

const NamesSchema = z.object({
  names: z.preprocess(
    (value) => (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]),
    z.array(z.string().max(400)),
  ),
})

function compare(what: string, before: readonly string[], now: readonly string[]): Fact {
  const left = now.filter((name) => !before.includes(name)).map((name) => `${name} is left`)
  const gone = before.filter((name) => !now.includes(name)).map((name) => `${name} is gone`)
  const wrong = [...left, ...gone]
  return expectation('rollback-incomplete', {
    subject: `rollback:${what}`,
    expected: `${before.length} ${what} as at the baseline`,
    seen: wrong.length === 0 ? 'as at the baseline' : wrong.slice(0, SHOWN).join('; '),
    holds: wrong.length === 0,
  })
}
