/** Files that a candidate or product lists with their hashes: all of them there, inside the folder, as pinned. */
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { sha256File } from '../../kit/hash.ts'
import { nearestWord } from '../../kit/nearest-word.ts'
import type { Problem, Where } from '../../model/errors.ts'

interface ListedFile {
  readonly path: string
  /** Absent: the file is not pinned yet. */
  readonly sha256?: string | undefined
}

/** Told where no file of a similar name is there. */
export const ADD_FILE = 'add the file, or take it out of files'

/** What is wrong with a folder's files, and what is only not done yet. */
export interface FileFindings {
  /** Wrong bits, links that leave the folder, files listed twice. */
  readonly problems: readonly Problem[]
  /** Files that are not there, or are there and have no hash that pins them. */
  readonly lacking: readonly Problem[]
}

/** Looks at `files`, in their order; reads every file once. `where` gives positions inside the YAML file. */
export async function inspectFiles(
  folder: string,
  files: readonly ListedFile[],
  where: (path: readonly PropertyKey[]) => Where,
): Promise<FileFindings> {
  const problems: Problem[] = []
  const lacking: Problem[] = []
  const seen = new Set<string>()
  for (const [index, file] of files.entries()) {
    const place = where(['files', index, 'path'])
    // Windows guests do not tell upper and lower case apart: two such files would become one there.
    const key = file.path.split(/[\\/]/).join('/').toLowerCase().normalize('NFC')
    if (seen.has(key)) {
      problems.push({ message: `"${file.path}" is listed twice`, hint: 'list each file once', where: place })
      continue
    }
    seen.add(key)
    const { problem, lacks } = await inspectFile(folder, file, place, where(['files', index, 'sha256']))
    if (problem !== undefined) problems.push(problem)
    if (lacks !== undefined) lacking.push(lacks)
  }
  return { problems, lacking }
}

async function inspectFile(
  folder: string,
  file: ListedFile,
  where: Where,
  whereHash: Where,
): Promise<{ readonly problem?: Problem; readonly lacks?: Problem }> {
  const path = join(folder, file.path)
  const link = await leavingLink(folder, file.path)
  if (link !== undefined) {
    const message = `"${link}" is a symbolic link that leads out of the folder, or nowhere`
    return { problem: { message, hint: 'put the file itself into the folder', where } }
  }
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    return {
      lacks: {
        message: `there is no file "${file.path}"`,
        hint: await missingHint(folder, file.path),
        where,
      },
    }
  }
  if (!found.isFile()) {
    const message = `"${file.path}" is not a file`
    return { problem: { message, hint: 'list each file of a folder by itself', where } }
  }
  const hash = await sha256File(path).catch((error: unknown) => error as NodeJS.ErrnoException)
  if (typeof hash !== 'string') {
    const message = `"${file.path}" cannot be read (${hash.code ?? 'unreadable'})`
    return { problem: { message, hint: 'check who may read it', where } }
  }
  if (hash === file.sha256) return {}
  const hint = `if this is the file that you mean, write sha256: ${hash}`
  return file.sha256 === undefined
    ? { lacks: { message: `"${file.path}" is there, but no sha256 pins it`, hint, where } }
    : {
        problem: {
          message: `"${file.path}" has another sha256 than the pinned one`,
          hint,
          where: whereHash,
        },
      }
}

/** The first step of the path that is a link to a place outside the folder; also a parent folder may be one. */
async function leavingLink(folder: string, path: string): Promise<string | undefined> {
  const root = await realpath(folder)
  const steps = path.split(/[\\/]/).filter((step) => step !== '' && step !== '.')
  for (let count = 1; count <= steps.length; count += 1) {
    const part = steps.slice(0, count).join('/')
    const found = await lstat(join(folder, part)).catch(() => undefined)
    if (found === undefined) return undefined
    if (!found.isSymbolicLink()) continue
    const target = await realpath(join(folder, part)).catch(() => undefined)
    if (target === undefined || (target !== root && !target.startsWith(root + sep))) return part
  }
  return undefined
}

/** The first step of the path that is not there, held against the names beside it. */
async function missingHint(root: string, path: string): Promise<string> {
  let folder = root
  for (const step of path.split(/[\\/]/)) {
    const names: readonly string[] = await readdir(folder).catch(() => [])
    if (names.includes(step) || step === '' || step === '.') {
      folder = join(folder, step)
      continue
    }
    // macOS and some archives write ü as u and two dots: the names look alike and are not.
    const alike = names.find((name) => name.normalize('NFC') === step.normalize('NFC'))
    if (alike !== undefined) {
      const form = alike === alike.normalize('NFC') ? 'composed (NFC)' : 'decomposed (NFD)'
      return `the folder has "${alike}" in another Unicode form, ${form}: rename it, so that both are written alike`
    }
    const near = nearestWord(step, names)
    return near === undefined ? ADD_FILE : `did you mean "${near}"?`
  }
  return ADD_FILE
}
