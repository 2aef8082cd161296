/** From a drill scenario to the files of its bad candidate and of its good twin. Pure. */
import { hashJson, sha256 } from '../kit/hash.ts'
import type { Candidate } from '../model/candidate.ts'
import { FAULT, type DrillScenario } from '../model/drill.ts'
import type { OsName, Recipe } from '../model/recipe.ts'

/** What the scripts of a scenario know of the machine that they run on. */
export interface ScenarioWords {
  /** Name of a product's service. */
  readonly service?: string
  /** Between the memory of two values of an axis. */
  readonly memoryKiB?: number
  /** The file that the scenario needs and nobody may ship. */
  readonly file?: { readonly path: string; readonly sha256: string }
}

export interface DrillCandidate {
  readonly definition: Candidate
  /** Text by file name, candidate.yaml left out. */
  readonly files: ReadonlyMap<string, string>
}

/** Read by simulated machines: what they do while it is in them. */
const SIMULATED_FILE = 'simulated.json'
const NOTHING: Readonly<Record<OsName, string>> = { linux: ':', windows: "'nothing'" }

/**
 * The bad candidate or its twin. Equal twins of several scenarios are one candidate with one id: they differ in nothing.
 * @param simulated the lab's machines are simulated: the candidate tells them what to do
 */
export function makeDrillCandidate(
  scenario: DrillScenario,
  side: 'bad' | 'twin',
  words: ScenarioWords,
  simulated: boolean,
): DrillCandidate {
  const { os, fault, twin = NOTHING[os] } = scenario
  const fill = (text: string): string => fillWords(text, side === 'bad' ? fault : twin, words)
  const scripts = scriptsOf(scenario, fill)
  const behaviours = side === 'bad' ? (scenario.simulated ?? []) : []
  const files = new Map([
    ...scripts,
    ...(simulated ? [[SIMULATED_FILE, `${JSON.stringify({ behaviours })}\n`] as const] : []),
  ])
  const recipe = RECIPES[os](scripts)
  const pinned = [...files].map(([path, text]) => ({ path, sha256: sha256(text) }))
  const content = {
    kind: scenario.kind,
    files: words.file === undefined ? pinned : [...pinned, words.file],
    recipes: { [os]: recipe },
  }
  const name = side === 'bad' ? scenario.id : `twin-${hashJson(content).slice(0, 8)}`
  return {
    definition: {
      version: 1,
      id: `drill-${name}`,
      title: side === 'bad' ? scenario.title : 'does nothing but what it should',
      release: '1',
      ...content,
    },
    files,
  }
}

/** All at once, so that no word that is put in is read as another one. */
function fillWords(text: string, fault: string, { service, memoryKiB }: ScenarioWords): string {
  const values: Readonly<Record<string, string | undefined>> = {
    service,
    memoryKiB: memoryKiB === undefined ? undefined : String(memoryKiB),
  }
  const fill = (part: string): string =>
    part.replaceAll(/\$\{(service|memoryKiB)\}/g, (whole, word: string) => values[word] ?? whole)
  return text.split(FAULT).map(fill).join(fill(fault))
}

function scriptsOf(scenario: DrillScenario, fill: (text: string) => string): ReadonlyMap<string, string> {
  const { install, boot, uninstall, os } = scenario
  const linux = os === 'linux'
  const script = (text: string): string => (linux ? `#!/bin/sh\n${fill(text)}\n` : `${fill(text)}\r\n`)
  const ending = linux ? 'sh' : 'ps1'
  return new Map([
    [`install.${ending}`, script(install ?? NOTHING[os])],
    [`uninstall.${ending}`, script(uninstall ?? NOTHING[os])],
    ['tool', script(NOTHING[os])],
    ...(boot === undefined ? [] : ([['boot.sh', script(boot)]] as const)),
  ])
}

const LINUX = '/opt/ringzero-drill'
const WINDOWS = 'C:\\ProgramData\\ringzero-drill'

/** Placed files are put back by whoever takes the candidate out, also from outside of a dead machine. */
const RECIPES: Readonly<Record<OsName, (scripts: ReadonlyMap<string, string>) => Recipe>> = {
  linux: (scripts) => ({
    install: {
      place: [
        { file: 'tool', to: `${LINUX}/tool`, mode: '0755' },
        { file: 'uninstall.sh', to: `${LINUX}/uninstall`, mode: '0755' },
        ...(scripts.has('boot.sh')
          ? [{ file: 'boot.sh', to: '/etc/ringzero-guest/boot.d/30-drill', mode: '0755' }]
          : []),
      ],
      run: [{ program: '/bin/sh', arguments: ['${files}/install.sh'] }],
    },
    verify: { files: [{ path: `${LINUX}/tool` }] },
    rollback: { run: [{ program: `${LINUX}/uninstall`, arguments: [] }] },
  }),
  windows: () => ({
    install: {
      place: [
        { file: 'tool', to: `${WINDOWS}\\tool` },
        { file: 'uninstall.ps1', to: `${WINDOWS}\\uninstall.ps1` },
      ],
      run: [powershell('${files}\\install.ps1')],
    },
    verify: { files: [{ path: `${WINDOWS}\\tool` }] },
    rollback: { run: [powershell(`${WINDOWS}\\uninstall.ps1`)] },
  }),
}

function powershell(path: string): { program: string; arguments: string[] } {
  return {
    program: 'powershell.exe',
    arguments: ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', path],
  }
}
