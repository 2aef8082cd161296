/** Flags of commands that sign: a key file, or a program that has the key. */
import { Flags } from '@oclif/core'
import type { SignerChoice } from '../inputs/load-signer.ts'

export const signerFlags = {
  sign: Flags.string({
    description:
      'encrypted Ed25519 key (PEM) to sign with; its passphrase is taken from RINGZERO_KEY_PASSPHRASE',
    exclusive: ['signer'],
  }),
  signer: Flags.string({
    description: 'program to sign with: bytes on its standard input, the signature on its standard output',
    dependsOn: ['public-key'],
  }),
  'public-key': Flags.string({ description: 'public key of --signer, a PEM file' }),
}

export function signerChoice(flags: {
  readonly sign: string | undefined
  readonly signer: string | undefined
  readonly 'public-key': string | undefined
}): SignerChoice {
  const { sign, signer, 'public-key': publicKey = '' } = flags
  return {
    ...(sign === undefined ? {} : { key: sign }),
    ...(signer === undefined ? {} : { command: { line: signer, publicKey } }),
  }
}
