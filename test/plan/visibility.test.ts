/** The table of who sees what is held to the registered checks, the judge's rules and the list of symptoms. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FactSchema } from '../../src/model/observation.ts'
import { SymptomClassSchema, type SymptomClass } from '../../src/model/symptom.ts'
import { seenBy, WATCHED } from '../../src/plan/visibility.ts'
import { builtIn } from '../../src/plugins/built-in.ts'

const source = resolve(import.meta.dirname, '../../src')
const checks = builtIn.checks ?? []

function filesBelow(folder: string): string[] {
  return readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(source, folder, name), 'utf8'))
}

function classesIn(text: string): SymptomClass[] {
  return SymptomClassSchema.options.filter((name) => text.includes(`'${name}'`))
}

/** What the judge makes of an inventory of this subject, as its own table says. */
function ofInventory(subject: string): SymptomClass[] {
  const text = readFileSync(join(source, 'judge/symptoms/inventory-symptoms.ts'), 'utf8')
  const line = new RegExp(`^ {2}'?${subject}'?: \\{.*\\}`, 'm').exec(text)?.[0] ?? ''
  return [
    ...classesIn(line),
    ...(/RESTORED.*?\]/s.exec(text)?.[0].includes(subject) === true
      ? (['rollback-incomplete'] as const)
      : []),
  ]
}

/** Facts of these kinds name no symptom themselves; the judge does. */
function ofKinds(text: string): SymptomClass[] {
  const reports = (kind: string): boolean => text.includes(`kind: '${kind}'`)
  const subjects = [...text.matchAll(/subject: '([a-z-]+)'/g)].map(([, subject]) => subject ?? '')
  return [
    ...(reports('change')
      ? classesIn(readFileSync(join(source, 'judge/symptoms/change-symptoms.ts'), 'utf8'))
      : []),
    ...(reports('inventory') ? subjects.flatMap(ofInventory) : []),
    ...(reports('crash') ? (['bugcheck', 'panic'] as const) : []),
    ...(reports('profile') ? (['profile-mismatch'] as const) : []),
  ]
}

describe('what is said to show a symptom', () => {
  const files = ['plugins/checks/any', 'plugins/checks/windows'].flatMap(filesBelow)

  it.each(checks.map((check) => [check.id, check] as const))(
    'is what the code of the check names: %s',
    (id, check) => {
      const text = files.find((file) => file.includes(`\n  id: '${id}',`)) ?? ''
      const body = text.replace(/\n {2}shows: \[[^\]]*\],/, '')
      const named = new Set([...classesIn(body), ...ofKinds(body)])
      const shown = new Set(check.shows)
      expect([...named].filter((name) => !shown.has(name) && name !== 'rollback-incomplete')).toEqual([])
      expect([...shown].filter((name) => !named.has(name) && name !== 'rollback-incomplete')).toEqual([])
    },
  )

  it('leaves no class of symptom to nobody', () => {
    const shown = new Set([...Object.keys(WATCHED), ...checks.flatMap(({ shows }) => shows ?? [])])
    expect([...SymptomClassSchema.options].filter((name) => !shown.has(name))).toEqual([])
  })

  it('without a check is what the judge or the run itself names', () => {
    const text = [...filesBelow('judge/symptoms'), ...filesBelow('run')].join('\n')
    expect(Object.keys(WATCHED).filter((name) => !text.includes(`'${name}'`))).toEqual([])
    expect(FactSchema.options.length).toBeGreaterThan(10)
  })
})

describe('who sees a symptom', () => {
  const all = { facets: ['screen', 'safeBoot', 'offlineDisk'], stuckScreens: ['bitlocker-recovery'] } as const

  it('depends on the guest operating system', () => {
    expect(seenBy('recovery-unusable', 'windows', all, checks)).toEqual(['windows-recovery'])
    expect(seenBy('recovery-unusable', 'linux', all, checks)).toEqual([])
  })

  it('depends on what the provider’s signals name', () => {
    expect(seenBy('bitlocker-recovery', 'windows', all, checks)).toEqual(['watch'])
    expect(seenBy('bitlocker-recovery', 'windows', { facets: ['screen'] }, checks)).toEqual([])
    expect(seenBy('safe-mode-broken', 'windows', { facets: [] }, checks)).toEqual([])
  })

  it('depends on the checks that run', () => {
    expect(seenBy('trust-lost', 'windows', all, checks)).toEqual(['fingerprint'])
    expect(seenBy('trust-lost', 'windows', all, [])).toEqual([])
  })
})
