/** `ringzero init`: from an update's files to a project that can be planned at once. */
import { access, readFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { countFleet, type FleetWeights } from '../inputs/fleet-weights.ts'
import { jsonSchemaOf } from '../inputs/json-schemas.ts'
import { loadMatrix } from '../inputs/load-matrix.ts'
import { candidateText, openQuestions } from '../inputs/update/candidate-text.ts'
import type { UpdateFacts } from '../inputs/update/update-facts.ts'
import { packageRoot } from '../kit/assets.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { changeYaml } from '../kit/yaml-edit.ts'
import { AppError } from '../model/errors.ts'
import type { OsName } from '../model/recipe.ts'
import { checkMatrix } from '../plan/check-matrix.ts'
import { ciFiles } from './ci-files.ts'
import { knownGuest, knownKind, requiredQuestions, type InitAnswers } from './init-questions.ts'

export interface InitRequest {
  readonly facts: UpdateFacts
  readonly answers: InitAnswers
  /** Folder of the project. */
  readonly folder: string
  /** Provider of the lab's host; default: qemu for Linux guests, hyper-v for Windows. */
  readonly provider: 'qemu' | 'hyper-v' | 'simulated' | undefined
  /** Runners that share the work in the CI; 1: one does all. */
  readonly shards: number
  /** CSV file of the fleet, for the matrix' weights. */
  readonly fleet: string | undefined
  /** Files that are there are replaced. */
  readonly force: boolean
}

export interface InitResult {
  readonly schema: 'ringzero/init/1'
  /** Absolute paths, in the order of their writing. */
  readonly files: readonly string[]
  /** What only a person knows, with its place. */
  readonly open: readonly { readonly file: string; readonly line: number; readonly question: string }[]
  readonly fleet?: Pick<FleetWeights, 'machines' | 'missing' | 'unknown'>
  /** Folder of the update as the commands take it. */
  readonly candidate: string
  /** The lab's images are built from installation media that nobody but the user has. */
  readonly needsMedia: boolean
}

interface NewFile {
  /** Below the project's folder, or absolute. */
  readonly path: string
  readonly text: string
}

/** Names of the formats that the files point their editors to. */
const SCHEMAS = ['matrix', 'lab', 'candidate', 'policy', 'product'] as const

/**
 * Writes the project's files.
 * @throws AppError USAGE (user) for a question that needs an answer; OUTPUT_EXISTS (user) when a file is there with another text;
 * whatever is wrong in the fleet. Nothing is written then
 */
export async function initProject(request: InitRequest): Promise<InitResult> {
  const { facts, answers, force } = request
  const folder = resolve(request.folder)
  const kind = knownKind(facts, answers)
  const os = knownGuest(facts, answers)
  const missing = requiredQuestions(facts, answers)
  if (kind === undefined || os === undefined || missing.length > 0) throw unanswered(missing)
  const candidateFile = join(facts.folder, 'candidate.yaml')
  const candidate = candidateText(
    facts,
    {
      kind,
      os,
      main: answers.main,
      id: said(answers.id),
      release: said(answers.release),
      to: said(answers.to),
      arguments: answers.argument,
      verify: said(answers.verify),
      uninstall: said(answers.uninstall),
    },
    schemaOf('candidate', facts.folder, folder),
  )
  const matrix = await matrixFile(os, request.fleet)
  const update = asTyped(facts.folder, folder)
  const files: readonly NewFile[] = [
    { path: candidateFile, text: candidate },
    { path: 'matrix.yaml', text: matrix.text },
    { path: 'lab.yaml', text: await labText(os, request.provider) },
    {
      path: 'policy.yaml',
      text: withSchema('policy', '', await shipped(`fixtures/policies/${answers.policy ?? 'default'}.yaml`)),
    },
    ...(os === 'windows' ? await windowsProducts(facts) : []),
    ...SCHEMAS.map((name) => ({
      path: `schemas/${name}.schema.json`,
      text: `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`,
    })),
    ...(answers.ci === undefined || answers.ci === 'none'
      ? []
      : await ciFiles(answers.ci, update, request.shards)),
  ]
  const written = await writeAll(folder, files, force)
  return {
    schema: 'ringzero/init/1',
    files: written,
    open: openQuestions(candidate).map((entry) => ({ file: candidateFile, ...entry })),
    ...(matrix.fleet === undefined ? {} : { fleet: matrix.fleet }),
    candidate: update,
    needsMedia: os === 'windows' && (request.provider ?? 'hyper-v') === 'hyper-v',
  }
}

function unanswered(questions: InitQuestions): AppError {
  const flags = questions.map(({ id, choices }) => `--${id} ${choices?.join('|') ?? 'TEXT'}`)
  return new AppError('USAGE', 'user', questions.map(({ message }) => message).join(' '), {
    hint: `say ${flags.join(' and ')}, or answer on a terminal`,
  })
}
type InitQuestions = ReturnType<typeof requiredQuestions>

/** An answer that was left open is none. */
function said(answer: string | undefined): string | undefined {
  return answer === undefined || answer.trim() === '' ? undefined : answer.trim()
}

async function shipped(path: string): Promise<string> {
  return await readFile(`${packageRoot}${path}`, 'utf8')
}

/** The text below a line by which editors find the schema. */
function withSchema(name: (typeof SCHEMAS)[number], up: string, text: string): string {
  const body = text.replace(/^# yaml-language-server:.*\n/, '')
  return `# yaml-language-server: $schema=${up}schemas/${name}.schema.json\n${body}`
}

/** What the schema line of a file in `from` says. */
function schemaOf(name: (typeof SCHEMAS)[number], from: string, folder: string): string {
  const path = relative(from, join(folder, `schemas/${name}.schema.json`))
  return isAbsolute(path) ? pathToFileURL(path).href : path.split(sep).join('/')
}

function asTyped(path: string, folder: string): string {
  const inside = relative(folder, path)
  if (inside === '') return '.'
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/')
}

const PLACEHOLDERS = /^# THE WEIGHTS ARE PLACEHOLDERS[\s\S]*?\n(?=version:)/m

async function matrixFile(
  os: OsName,
  fleet: string | undefined,
): Promise<{ readonly text: string; readonly fleet?: InitResult['fleet'] }> {
  const path = os === 'windows' ? 'matrices/windows-endpoint.yaml' : 'fixtures/start/linux.matrix.yaml'
  const text = withSchema('matrix', '', await shipped(path))
  if (fleet === undefined) return { text }
  const { matrix } = await loadMatrix(`${packageRoot}${path}`, checkMatrix)
  const counted = await countFleet(fleet, matrix)
  if (counted.axes.size === 0)
    throw new AppError('INPUT_INVALID', 'user', 'the fleet has no column that is an axis of the matrix', {
      where: { file: resolve(fleet), line: 1 },
      hint: `name columns after axes: ${Object.keys(matrix.axes).join(', ')}; values are ids or titles of the matrix`,
    })
  const { machines, missing, unknown } = counted
  const still =
    missing.length === 0
      ? ''
      : ` Those of ${missing.join(', ')} are placeholders: the list has no such column.`
  const counting = text.replace(PLACEHOLDERS, `# Weights are machines of a list of ${machines}.${still}\n`)
  const changes = [...counted.axes].flatMap(([axis, counts]) =>
    (matrix.axes[axis]?.values ?? []).map(({ id }, index) => ({
      path: ['axes', axis, 'values', index, 'weight'],
      value: counts.get(id) ?? 0,
    })),
  )
  return { text: changeYaml(counting, changes), fleet: { machines, missing, unknown } }
}

async function labText(os: OsName, provider: InitRequest['provider']): Promise<string> {
  const usual = os === 'windows' ? 'hyper-v' : 'qemu'
  const text =
    os === 'windows'
      ? (await shipped('fixtures/labs/windows.lab.yaml'))
          .replace('matrices/windows-endpoint.yaml', 'matrix.yaml')
          .replaceAll('../products/windows/', 'products/')
      : await shipped('fixtures/start/linux.lab.yaml')
  const host = ['hosts', 0]
  const changes = [
    // Hyper-V's lab is this computer only where this computer has Windows.
    ...(os === 'linux' || process.platform === 'win32'
      ? Object.entries(capacityHere()).map(([name, value]) => ({ path: [...host, 'capacity', name], value }))
      : []),
    ...(provider === undefined || provider === usual
      ? []
      : [{ path: [...host, 'provider'], value: provider }]),
  ]
  return withSchema('lab', '', changes.length === 0 ? text : changeYaml(text, changes))
}

/** Half of this computer's memory, in whole 256 MiB, and as many machines as it has processors. */
function capacityHere(): { readonly vcpus: number; readonly memoryMiB: number; readonly machines: number } {
  const processors = availableParallelism()
  const halfMiB = totalmem() / 2 / 1024 / 1024
  return {
    vcpus: Math.max(2, processors),
    memoryMiB: Math.max(768, Math.floor(halfMiB / 256) * 256),
    machines: Math.max(2, processors),
  }
}

/** The catalogue that the lab names, in the project, where its installers can be put; Driver Verifier watches the update's drivers. */
async function windowsProducts(facts: UpdateFacts): Promise<readonly NewFile[]> {
  const lab = await shipped('fixtures/labs/windows.lab.yaml')
  const names = [...lab.matchAll(/folder: \.\.\/products\/windows\/([\w-]+)/g)].flatMap(
    (match) => match[1] ?? [],
  )
  const drivers = facts.files
    .map(({ path }) => path.split('/').at(-1) ?? '')
    .filter((name) => name.toLowerCase().endsWith('.sys'))
  const files: NewFile[] = []
  for (const name of names) {
    const text = await shipped(`fixtures/products/windows/${name}/product.yaml`)
    const watched =
      name === 'driver-verifier' && drivers.length > 0
        ? changeYaml(text.replace(/ Change your-driver\.sys[\s\S]*?while it does not\./, ''), [
            {
              path: ['recipes', 'windows', 'install', 'run', 0, 'arguments'],
              value: ['/standard', '/driver', ...new Set(drivers)],
            },
          ])
        : text
    files.push({ path: `products/${name}/product.yaml`, text: withSchema('product', '../../', watched) })
  }
  return files
}

/** Writes what is not there yet, or nothing when another text is. @returns absolute paths of what was written */
async function writeAll(
  folder: string,
  files: readonly NewFile[],
  force: boolean,
): Promise<readonly string[]> {
  const wanted = files.map(({ path, text }) => ({ path: resolve(folder, path), text }))
  const states = await Promise.all(wanted.map(({ path, text }) => stateOf(path, text)))
  const others = wanted.filter((_, index) => states[index] === 'other')
  if (others.length > 0 && !force)
    throw new AppError('OUTPUT_EXISTS', 'user', 'files of the project are there already', {
      problems: others.map(({ path }) => ({
        message: 'is there with another text',
        hint: 'keep it and choose another --folder, or replace it with --force',
        where: { file: path },
      })),
    })
  const written = wanted.filter((_, index) => states[index] !== 'same')
  for (const { path, text } of written) await writeFileAtomic(path, text)
  return written.map(({ path }) => path)
}

async function stateOf(path: string, text: string): Promise<'absent' | 'same' | 'other'> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (!isThere) return 'absent'
  return (await readFile(path, 'utf8').catch(() => undefined)) === text ? 'same' : 'other'
}
