/** Secrets by reference: from the environment, or from a file that its owner alone can read. Values never leave by any other door. */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../model/errors.ts'
import type { LabSecret } from '../model/lab.ts'
import { decodeInput } from './decode-input.ts'

/** Longer than any password or licence key; a file that is larger is the wrong file. */
const MAXIMUM_BYTES = 64 * 1024

/**
 * A function that gives a secret's value by its name.
 * @param folder relative file paths count from here
 * The function throws AppError, fault user, for an unknown name, an unset variable, a file that others can read.
 */
export function secretReader(
  secrets: readonly LabSecret[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): (name: string) => string {
  return (name) => {
    const secret = secrets.find((entry) => entry.name === name)
    if (secret === undefined) {
      throw new AppError('SECRET_UNKNOWN', 'user', `the lab defines no secret "${name}"`, {
        hint: `add it under secrets in lab.yaml`,
      })
    }
    if ('environment' in secret) {
      const value = environment[secret.environment]
      if (value !== undefined && value !== '') return value
      throw new AppError('SECRET_MISSING', 'user', `the secret "${name}" is not set`, {
        hint: `set the environment variable ${secret.environment}`,
      })
    }
    return readSecretFile(name, resolve(folder, secret.file))
  }
}

/** Values of all secrets that can be had now, and the names of the others, which are perhaps not needed. */
export function readableSecrets(
  secrets: readonly LabSecret[],
  read: (name: string) => string,
): { readonly values: readonly string[]; readonly missing: readonly string[] } {
  const values: string[] = []
  const missing: string[] = []
  for (const { name } of secrets) {
    try {
      values.push(read(name))
    } catch {
      missing.push(name)
    }
  }
  return { values, missing }
}

function readSecretFile(name: string, path: string): string {
  try {
    const found = statSync(path)
    // On Windows the mode bits say nothing about who may read; there the file's access list is its owner's business.
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
      throw new AppError('SECRET_EXPOSED', 'user', `others can read the file of the secret "${name}"`, {
        where: { file: path },
        hint: `run: chmod 600 ${path}`,
      })
    }
    if (found.size > MAXIMUM_BYTES)
      throw new AppError('SECRET_MISSING', 'user', `the file of the secret "${name}" is too large`, {
        where: { file: path },
        hint: 'name the right file',
      })
    return decodeInput(path, `file of the secret "${name}"`, readFileSync(path)).replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('SECRET_MISSING', 'user', `the file of the secret "${name}" cannot be read`, {
      where: { file: path },
      hint: 'check the path in lab.yaml',
    })
  }
}
