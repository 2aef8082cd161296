/** Who signs: a key file with its passphrase from outside of the command line, or a program. */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { KeyObject } from 'node:crypto'
import { commandSigner, keySigner, parsePublicKey, type ByteSigner } from '../kit/signing.ts'
import { AppError } from '../model/errors.ts'

export interface SignerChoice {
  /** Path of an encrypted Ed25519 key, PKCS#8 in PEM. */
  readonly key?: string
  /** A program with its arguments, separated by spaces, and the public key of what it signs with. */
  readonly command?: { readonly line: string; readonly publicKey: string }
}

const LARGEST_KEY = 64 * 1024

/** @throws AppError SIGNING_KEY (user); undefined where no signer is named */
export async function loadSigner(
  { key, command }: SignerChoice,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<ByteSigner | undefined> {
  if (command !== undefined) {
    const publicKey = await loadPublicKey(command.publicKey)
    return commandSigner(
      command.line.split(' ').filter((word) => word !== ''),
      publicKey,
      signal,
    )
  }
  if (key === undefined) return undefined
  const pem = await readKey(key)
  if (!pem.includes('BEGIN ENCRYPTED PRIVATE KEY'))
    throw wrongKey(
      key,
      'it is no encrypted private key',
      'make one by: openssl genpkey -algorithm ed25519 -aes-256-cbc -out key.pem',
    )
  if (process.platform !== 'win32' && ((await stat(resolve(key))).mode & 0o077) !== 0)
    throw wrongKey(key, 'others can read it', `run: chmod 600 ${key}`)
  try {
    return keySigner(pem, await passphraseFrom(environment))
  } catch (error) {
    if (error instanceof AppError) throw error
    throw wrongKey(key, (error as Error).message, 'check the passphrase in RINGZERO_KEY_PASSPHRASE')
  }
}

/** @throws AppError SIGNING_KEY (user) */
export async function loadPublicKey(path: string): Promise<KeyObject> {
  const pem = await readKey(path)
  try {
    return parsePublicKey(pem)
  } catch (error) {
    throw wrongKey(
      path,
      (error as Error).message,
      'give the public key in PEM: openssl pkey -in key.pem -pubout',
    )
  }
}

/** Never from the command line, which every user of the computer can read. */
async function passphraseFrom(environment: NodeJS.ProcessEnv): Promise<string> {
  const file = environment['RINGZERO_KEY_PASSPHRASE_FILE']
  if (file !== undefined) return (await readKey(file)).replace(/\r?\n$/, '')
  const passphrase = environment['RINGZERO_KEY_PASSPHRASE']
  if (passphrase !== undefined && passphrase !== '') return passphrase
  throw new AppError('SIGNING_KEY', 'user', 'the signing key has a passphrase, and none was given', {
    hint: 'set RINGZERO_KEY_PASSPHRASE, or RINGZERO_KEY_PASSPHRASE_FILE to the path of a file with it',
  })
}

async function readKey(path: string): Promise<string> {
  try {
    const { size } = await stat(resolve(path))
    if (size > LARGEST_KEY) throw new Error('it is too large for a key')
    return await readFile(resolve(path), 'utf8')
  } catch (error) {
    throw wrongKey(path, (error as Error).message, 'check the path')
  }
}

function wrongKey(path: string, what: string, hint: string): AppError {
  return new AppError('SIGNING_KEY', 'user', `this key cannot be used: ${what}`, {
    where: { file: path },
    hint,
  })
}
