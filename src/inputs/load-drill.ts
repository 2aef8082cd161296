/** Reads drill scenarios: those that ship with ringzero, for one operating system. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../kit/assets.ts'
import { DrillScenarioSchema, FAULT, type DrillScenario } from '../model/drill.ts'
import type { Problem, Where } from '../model/errors.ts'
import type { OsName } from '../model/recipe.ts'
import { invalidInput, loadYaml } from './load-yaml.ts'

/** Where the scenarios of an operating system stand. */
export function drillFolder(os: OsName): string {
  return join(packageRoot, 'fixtures/drill', os)
}

/** All scenarios of a folder, by file name. @throws AppError INPUT_MISSING or INPUT_INVALID (user) */
export async function loadDrillScenarios(folder: string): Promise<readonly DrillScenario[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted()
  return await Promise.all(names.map((name) => loadDrillScenario(join(folder, name))))
}

/** One scenario, checked. @throws AppError INPUT_MISSING or INPUT_INVALID (user) */
export async function loadDrillScenario(file: string): Promise<DrillScenario> {
  const loaded = await loadYaml(file, DrillScenarioSchema, 'drill scenario')
  const { value } = loaded
  const where = (field: string): Where => loaded.where([field])
  const { install = '', boot = '', uninstall = '', os, fault, twin } = value
  const places = [install, boot, uninstall].join('\n').split(FAULT).length - 1
  const problems: Problem[] = [
    ...(places === 1
      ? []
      : [
          {
            message: `${FAULT} stands in ${places} places of its scripts`,
            hint: 'write it once in install, boot or uninstall: a bad candidate and its twin differ in one thing',
            where: where('fault'),
          },
        ]),
    ...(os === 'windows' && boot !== ''
      ? [{ message: 'a Windows guest runs no early script', hint: 'remove boot', where: where('boot') }]
      : []),
    ...(fault === twin
      ? [{ message: 'the twin is the bad candidate', hint: 'change twin', where: where('twin') }]
      : []),
  ]
  if (problems.length > 0) throw invalidInput(file, 'drill scenario', problems)
  return value
}
