/** Renews the hashes of a candidate.yaml whose files were built anew; everything else in it stays, comments too. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { sha256File } from '../../kit/hash.ts'
import { parseYaml } from '../../kit/yaml-document.ts'
import { changeYaml, type YamlChange } from '../../kit/yaml-edit.ts'
import { writeFileAtomic } from '../../kit/files.ts'
import { AppError, type Problem } from '../../model/errors.ts'
import { LocalPathSchema } from '../../model/recipe.ts'
import { decodeInput } from '../decode-input.ts'
import { invalidInput, sortByPosition } from '../load-yaml.ts'
import { readUpdate } from './update-facts.ts'

export interface RenewedHashes {
  /** Absolute path of candidate.yaml. */
  readonly file: string
  /** Listed files whose hash is another one now. */
  readonly renewed: readonly string[]
  readonly unchanged: readonly string[]
  /** Files of the folder that were added to the list, or that are not in it. */
  readonly added: readonly string[]
  readonly unlisted: readonly string[]
  /** Listed files that are gone and were taken out of the list. */
  readonly removed: readonly string[]
}

/**
 * Renews the candidate.yaml in a folder; `path` names the folder, that file, or one of the files that it lists.
 * @param all also lists what is new in the folder, and takes out of the list what is gone
 * @throws AppError INPUT_MISSING or INPUT_INVALID (user); then nothing was written
 */
export async function renewHashes(path: string, all: boolean): Promise<RenewedHashes> {
  const file = await candidateFile(path)
  const folder = dirname(file)
  const text = decodeInput(file, 'candidate', await readFile(file))
  const listed = listedFiles(file, text)
  const present = await readUpdate(folder)
  const hashes = new Map(present.files.map((entry) => [entry.path, entry.sha256]))
  for (const { path: name } of listed) {
    // A file in a hidden folder is no part of what a folder lists by itself, and can be listed by hand.
    if (hashes.has(name)) continue
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.isFile() === true) hashes.set(name, await sha256File(join(folder, name)))
  }
  const gone = listed.filter(({ path: name }) => !hashes.has(name))
  if (gone.length > 0 && !all) throw invalidInput(file, 'candidate', gone.map(goneProblem(file, text)))
  const names = new Set(listed.map((entry) => entry.path))
  const others = present.files.filter((entry) => !names.has(entry.path))
  const changed = listed.filter(({ path: name, sha256 }) => hashes.has(name) && hashes.get(name) !== sha256)
  const changes: YamlChange[] = [
    ...changed.map(({ index, path: name }) => ({
      path: ['files', index, 'sha256'],
      value: hashes.get(name),
    })),
    ...(all ? others.map((entry, index) => ({ path: ['files', listed.length + index], value: entry })) : []),
    ...(all ? gone.toReversed().map(({ index }) => ({ path: ['files', index], value: undefined })) : []),
  ]
  if (changes.length > 0) await writeFileAtomic(file, changeYaml(text, changes))
  const paths = (entries: readonly { readonly path: string }[]): readonly string[] =>
    entries.map((entry) => entry.path)
  return {
    file,
    renewed: paths(changed),
    unchanged: paths(listed.filter((entry) => !changed.includes(entry) && !gone.includes(entry))),
    added: all ? paths(others) : [],
    unlisted: all ? [] : paths(others),
    removed: paths(gone),
  }
}

async function candidateFile(path: string): Promise<string> {
  const full = resolve(path)
  const found = await stat(full).catch(() => undefined)
  const file =
    found?.isDirectory() === true
      ? join(full, 'candidate.yaml')
      : basename(full) === 'candidate.yaml'
        ? full
        : join(dirname(full), 'candidate.yaml')
  const isThere = await stat(file).catch(() => undefined)
  if (found !== undefined && isThere?.isFile() === true) return file
  throw new AppError('INPUT_MISSING', 'user', `there is no candidate.yaml for ${path}`, {
    where: { file },
    hint: `make it with: ringzero init ${path}`,
  })
}

interface ListedFile {
  readonly index: number
  readonly path: string
  readonly sha256: unknown
}

/** The list as it stands; hashes may be missing or wrong, since they are what is renewed. */
function listedFiles(file: string, text: string): readonly ListedFile[] {
  const document = parseYaml(text)
  const problems: Problem[] = document.errors.map((error) => ({
    message: `not valid YAML: ${error.message}`,
    hint: 'check indentation, quotes and colons on this line',
    where: { file, ...error.position },
  }))
  const files = (document.value as { readonly files?: unknown } | null | undefined)?.files
  if (problems.length === 0 && !Array.isArray(files))
    problems.push({
      message: 'it has no list of files',
      hint: 'write files: [] and use --all, or make it again with ringzero init',
      where: { file, ...document.locate(['files']), field: 'files' },
    })
  const listed = (Array.isArray(files) ? (files as readonly unknown[]) : []).flatMap(
    (entry, index): ListedFile[] => {
      const { path, sha256 } = (entry ?? {}) as { readonly path?: unknown; readonly sha256?: unknown }
      const checked = LocalPathSchema.safeParse(path)
      if (checked.success) return [{ index, path: checked.data, sha256 }]
      problems.push({
        message: checked.error.issues[0]?.message ?? 'no path',
        hint: 'write path: FILE, relative to candidate.yaml',
        where: { file, ...document.locate(['files', index]), field: `files[${index}].path` },
      })
      return []
    },
  )
  if (problems.length > 0) throw invalidInput(file, 'candidate', sortByPosition(problems))
  return listed
}

function goneProblem(file: string, text: string): (entry: ListedFile) => Problem {
  const document = parseYaml(text)
  return ({ index, path }) => ({
    message: `there is no file "${path}"`,
    hint: 'add the file, or take it out of the list with --all',
    where: { file, ...document.locate(['files', index, 'path']), field: `files[${index}].path` },
  })
}
