/** What the files of an update say by themselves: its kind, what installs it, its version. What they do not say is left open. */
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { sha256File } from '../../kit/hash.ts'
import type { CandidateKindSchema } from '../../model/candidate.ts'
import { AppError } from '../../model/errors.ts'
import type { z } from 'zod'

export type CandidateKind = z.output<typeof CandidateKindSchema>

export interface UpdateFacts {
  /** Absolute folder of the files; candidate.yaml goes there. */
  readonly folder: string
  /** Paths inside the folder with `/`, in their order by name. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[]
  /** Kinds that the files can be of, never empty: one where they leave no doubt. */
  readonly kinds: readonly CandidateKind[]
  /** A name made of the folder's or the file's. */
  readonly id: string
  /** Version that the files state, and where. */
  readonly release?: { readonly value: string; readonly source: string }
  /** The tool that a setup program was made with, and the silent arguments that this tool documents. */
  readonly setup?: { readonly tool: string; readonly arguments: readonly string[] }
}

const KIND_OF_ENDING: Readonly<Record<string, CandidateKind>> = {
  '.inf': 'driver',
  '.msi': 'msi',
  '.msu': 'msu',
  '.cab': 'cab',
  '.exe': 'exe',
  '.ps1': 'script',
  '.sh': 'script',
}
/** The schema of candidate.yaml takes no more. */
const MAXIMUM_FILES = 10_000

/** What `ringzero init` and runs write into a folder that is the project and the update's folder at once. */
const PROJECT_FILES =
  /^(?:matrix\.yaml|lab\.yaml|policy\.yaml|azure-pipelines\.yml|Jenkinsfile|(?:schemas|products|runs|ci)\/.*)$/

/**
 * Reads the update at `path`, a folder or one file. Hidden files, candidate.yaml and, beside a lab.yaml, what else belongs to the project
 * are no part of it.
 * @throws AppError INPUT_MISSING or INPUT_INVALID (user)
 */
export async function readUpdate(path: string): Promise<UpdateFacts> {
  const full = resolve(path)
  const found = await stat(full).catch(() => undefined)
  if (found === undefined)
    throw new AppError('INPUT_MISSING', 'user', `there is no such update: ${path}`, {
      where: { file: full },
      hint: 'name the folder with the files of the update, or its one file',
    })
  const folder = found.isDirectory() ? full : dirname(full)
  const paths = found.isDirectory() ? await filesBelow(full) : [basename(full)]
  if (paths.length === 0 || paths.length > MAXIMUM_FILES)
    throw new AppError('INPUT_INVALID', 'user', `the folder of the update has ${paths.length} files`, {
      where: { file: full },
      hint: `name a folder with 1 to ${MAXIMUM_FILES} files; hidden files do not count`,
    })
  const files = []
  for (const file of paths) files.push({ path: file, sha256: await sha256File(join(folder, file)) })
  const kinds = kindsOf(paths)
  const name = found.isDirectory() ? basename(full) : basename(full, extname(full))
  const release = await statedRelease(folder, paths, kinds)
  const setup = kinds.includes('exe') ? await setupTool(folder, paths) : undefined
  return {
    folder,
    files,
    kinds,
    id: nameOf(name),
    ...(release === undefined ? {} : { release }),
    ...(setup === undefined ? {} : { setup }),
  }
}

/** Files that a kind's default recipe could install. */
export function mainFiles(paths: readonly string[], kind: CandidateKind): readonly string[] {
  return paths.filter((path) => KIND_OF_ENDING[extname(path).toLowerCase()] === kind)
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const isProject = entries.some(({ name, parentPath }) => name === 'lab.yaml' && parentPath === folder)
  const paths: string[] = []
  for (const entry of entries) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')
    if (path.split('/').some((step) => step.startsWith('.')) || path === 'candidate.yaml') continue
    if (isProject && PROJECT_FILES.test(path)) continue
    if (entry.isSymbolicLink())
      throw new AppError('INPUT_INVALID', 'user', `"${path}" is a symbolic link`, {
        where: { file: join(folder, path) },
        hint: 'put the file itself into the folder',
      })
    if (entry.isFile()) paths.push(path)
  }
  return paths.toSorted()
}

/**
 * An INF file makes a driver package of what lies beside it, but for another package: then a person must say which is meant.
 * Files without an ending that anybody installs are content.
 */
function kindsOf(paths: readonly string[]): readonly CandidateKind[] {
  const present = new Set(paths.flatMap((path) => KIND_OF_ENDING[extname(path).toLowerCase()] ?? []))
  if (present.has('driver'))
    return ['driver', ...(['msi', 'msu', 'exe'] as const).filter((kind) => present.has(kind))]
  const packages = [...present].filter((kind) => kind !== 'script')
  if (packages.length > 0) return [...packages, ...(present.has('script') ? (['script'] as const) : [])]
  return present.has('script') ? ['script'] : ['content']
}

/** A driver's version is in its INF, that of a Windows update in its name. */
async function statedRelease(
  folder: string,
  paths: readonly string[],
  kinds: readonly CandidateKind[],
): Promise<UpdateFacts['release']> {
  const [kind] = kinds
  const mains = kind === undefined ? [] : mainFiles(paths, kind)
  const [main] = mains
  if (main === undefined || mains.length > 1 || kinds.length > 1) return undefined
  if (kind === 'driver') {
    const text = decodeInf(await readFile(join(folder, main)))
    const value = /^[ \t]*DriverVer[ \t]*=[^,\r\n]*,[ \t]*([0-9.]{1,64})/im.exec(text)?.[1]
    return value === undefined ? undefined : { value, source: `DriverVer of ${main}` }
  }
  const article = kind === 'msu' || kind === 'cab' ? /kb\d{6,8}/i.exec(basename(main))?.[0] : undefined
  return article === undefined ? undefined : { value: article.toUpperCase(), source: `the name of ${main}` }
}

/** INF files are UTF-16 with a mark, or of a code page whose digits and ASCII names read alike. */
function decodeInf(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('latin1')
}

/** Silent arguments as the tools' own manuals give them; a vendor may have changed them, so that they are only proposed. */
const SETUP_TOOLS = [
  { tool: 'WiX Burn', mark: '.wixburn', arguments: ['/quiet', '/norestart'] },
  { tool: 'Inno Setup', mark: 'Inno Setup', arguments: ['/VERYSILENT', '/SUPPRESSMSGBOXES', '/NORESTART'] },
  { tool: 'NSIS', mark: 'Nullsoft', arguments: ['/S'] },
] as const
/** The tools leave their marks in the headers and the manifest of the program, before its payload. */
const SEARCHED_BYTES = 1024 * 1024

async function setupTool(folder: string, paths: readonly string[]): Promise<UpdateFacts['setup']> {
  const [main, ...others] = mainFiles(paths, 'exe')
  if (main === undefined || others.length > 0) return undefined
  const handle = await open(join(folder, main))
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(SEARCHED_BYTES), 0, SEARCHED_BYTES, 0)
    const start = buffer.subarray(0, bytesRead)
    const found = SETUP_TOOLS.find(({ mark }) => start.includes(mark))
    return found === undefined ? undefined : { tool: found.tool, arguments: found.arguments }
  } finally {
    await handle.close()
  }
}

/** A name as files of ringzero take it: at most 64 letters, digits, dots, dashes and underscores. */
function nameOf(text: string): string {
  const name = text
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .replace(/[-.]+$/, '')
  return name === '' ? 'update' : name
}
