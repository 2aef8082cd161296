/** Loads the judge of this very installation a second time, with all its mutants in it; the judge that decides has none. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { activate, forget, remember } from '../drill/mutants/active-mutant.ts'
import { instrumentJudge, type InstrumentedFile, type JudgeMutant } from '../drill/mutants/judge-mutants.ts'
import { packageRoot } from '../kit/assets.ts'
import type { Judge } from './replay-journal.ts'

export interface MutantLoader {
  /** With this mutant active while it is loaded, as its tables and sets are made then; without one: as the judge is. */
  load(number?: number): Promise<Judge>
  /** In the order of their names; known once the judge was loaded. */
  mutants(): readonly JudgeMutant[]
  /** Numbers of those that are asked for while the judge is loaded: it must be loaded again for each of these. */
  early(): ReadonlySet<number>
  close(): void
}

/**
 * Files of the judge without mutants: what is kept in memory while a run is judged, and sentences; and what numbers, rates and
 * suspects mean, which has references and benches of its own.
 */
const NO_RULES =
  /\/(?:suspects|statistics)\/|\/(?:[a-z]+-sentence|attempt-summary|detail-shelf|run-judge|judge-run|grade-measure|measure-symptoms|host-speed)\.js$/
/** In the address of each module of a copy, so that no copy takes a module of an earlier one. */
const FLAG = '?mutants'
let copies = 0

/** Its modules are those of `dist/judge`, under addresses of their own. `close` it: it stands in the way of every import. */
export function mutantLoader(): MutantLoader {
  const room = pathToFileURL(join(packageRoot, 'dist/judge/')).href
  // The very module that is imported above, whether this file runs as it was written or as it was built.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const switchUrl = new URL(`../drill/mutants/active-mutant.${ending}`, import.meta.url).href
  const copy = `${FLAG}-${(copies += 1)}`
  const files = new Map<string, InstrumentedFile>()
  let early: ReadonlySet<number> = new Set()
  const fileOf = (plain: string): InstrumentedFile => {
    const known = files.get(plain)
    if (known !== undefined) return known
    const source = readFileSync(fileURLToPath(plain), 'utf8')
    const name = plain.slice(room.length).replace(/\.js$/, '')
    const first = [...files.values()].reduce((sum, { mutants }) => sum + mutants.length, 0)
    const file = NO_RULES.test(plain)
      ? { source, mutants: [] }
      : instrumentJudge(name, source, switchUrl, first)
    files.set(plain, file)
    return file
  }
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const at = context.parentURL?.indexOf(FLAG) ?? -1
      return at === -1 || !found.url.startsWith(room) || found.url.includes(FLAG)
        ? found
        : { ...found, url: `${found.url}${context.parentURL?.slice(at) ?? ''}` }
    },
    load(url, context, next) {
      const at = url.indexOf(FLAG)
      return at === -1 || !url.startsWith(room)
        ? next(url, context)
        : { format: 'module', source: fileOf(url.slice(0, at)).source, shortCircuit: true }
    },
  })
  return {
    async load(number) {
      const seen = remember()
      activate(number)
      try {
        const flag = `${copy}-${number ?? 'all'}`
        const run = (await import(`${room}judge-run.js${flag}`)) as Pick<Judge, 'judgeRun'>
        const gate = (await import(`${room}gate.js${flag}`)) as Pick<Judge, 'decideGate'>
        if (number === undefined) early = new Set(seen.keys())
        return { judgeRun: run.judgeRun, decideGate: gate.decideGate }
      } finally {
        activate()
        forget()
      }
    },
    mutants: () =>
      [...files.values()].flatMap(({ mutants }) => mutants).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    early: () => early,
    close: () => hooks.deregister(),
  }
}
