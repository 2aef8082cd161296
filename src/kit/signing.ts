/** Ed25519 signatures over bytes: by a key in this process, or by a program that has the key. */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { runProgram } from './process.ts'

export interface ByteSigner {
  readonly keyId: string
  readonly publicKey: KeyObject
  /** @throws Error with a sentence about the signing program */
  sign(data: Uint8Array): Promise<Buffer>
}

/** sha256 of the public key's SubjectPublicKeyInfo: how a signature says which key made it. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

/** @throws Error for text that is no Ed25519 public key in PEM */
export function parsePublicKey(pem: string): KeyObject {
  const key = createPublicKey(pem)
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`it is a key of ${key.asymmetricKeyType}, not of Ed25519`)
  return key
}

/** Signs with an encrypted PKCS#8 key. @throws Error for a wrong passphrase, or another sort of key */
export function keySigner(pem: string, passphrase: string): ByteSigner {
  const key = createPrivateKey({ key: pem, format: 'pem', passphrase })
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`it is a key of ${key.asymmetricKeyType}, not of Ed25519`)
  const publicKey = createPublicKey(key)
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    sign: async (data) => sign(undefined, data, key),
  }
}

/** A token or a service in a network may ask a person. */
const SIGNER_TIMEOUT_MS = 120_000
/** Of what it prints: a signature is 64 bytes, and what is wrong is told in a few lines. */
const SIGNER_OUTPUT = 256 * 1024

/**
 * Signs by a program: bytes on its standard input, the 64 bytes of the signature on its standard output, as they are or in base64.
 * Each signature is checked, so that a wrong key is seen where it is used.
 */
export function commandSigner(
  command: readonly string[],
  publicKey: KeyObject,
  signal: AbortSignal,
): ByteSigner {
  const [program = '', ...programArguments] = command
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    async sign(data) {
      const result = await runProgram(program, programArguments, {
        input: data,
        signal,
        timeoutMs: SIGNER_TIMEOUT_MS,
        maximumBytes: SIGNER_OUTPUT,
        environment: signerEnvironment(),
      })
      if (result.truncated) throw new Error(`${program} printed much more than a signature`)
      if (result.timedOut)
        throw new Error(`${program} gave no signature in ${SIGNER_TIMEOUT_MS / 1000} seconds`)
      if (result.exitCode !== 0)
        throw new Error(
          `${program} ended with ${result.startError ?? result.exitCode ?? result.signal ?? 'no code'}: ${result.stderr.toString('utf8').slice(0, 400)}`,
        )
      const signature =
        result.stdout.length === 64
          ? result.stdout
          : Buffer.from(result.stdout.toString('latin1').trim(), 'base64')
      if (!verify(undefined, data, publicKey, signature))
        throw new Error(`what ${program} gave is no signature by the public key`)
      return signature
    },
  }
}

/** What clients of tokens and clouds read: they keep their settings below the home folder. */
function signerEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
