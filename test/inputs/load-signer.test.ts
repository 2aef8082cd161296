import { generateKeyPairSync, verify } from 'node:crypto'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { notOnWindows } from '../windows-host/not-on-windows.ts'
import { loadPublicKey, loadSigner } from '../../src/inputs/load-signer.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const folder = mkdtempSync(join(tmpdir(), 'rz-keys-'))
const never = new AbortController().signal
const DATA = Buffer.from('bytes to sign')

function keyFile(name: string, pem: string | Buffer, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, pem)
  chmodSync(path, mode)
  return path
}

const encrypted = privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'open sesame',
})
const key = keyFile('key.pem', encrypted)
const publicFile = keyFile('public.pem', publicKey.export({ type: 'spki', format: 'pem' }), 0o644)

describe('a key file', () => {
  it('signs with the passphrase of the environment, or of a file that the environment names', async () => {
    const words = keyFile('passphrase', 'open sesame\n')
    for (const environment of [
      { RINGZERO_KEY_PASSPHRASE: 'open sesame' },
      { RINGZERO_KEY_PASSPHRASE_FILE: words },
    ]) {
      const signer = await loadSigner({ key }, environment, never)
      expect(verify(undefined, DATA, publicKey, await signer!.sign(DATA))).toBe(true)
    }
  })

  it('is refused with the wrong passphrase or none, without one, of another sort, and where others can read it', async () => {
    const good = { RINGZERO_KEY_PASSPHRASE: 'open sesame' }
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    const refused: readonly (readonly [string, Record<string, string>, RegExp])[] = [
      [key, { RINGZERO_KEY_PASSPHRASE: 'wrong' }, /this key cannot be used/],
      [key, {}, /none was given/],
      [
        keyFile('plain.pem', privateKey.export({ type: 'pkcs8', format: 'pem' })),
        good,
        /no encrypted private key/,
      ],
      [
        keyFile(
          'rsa.pem',
          rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }),
        ),
        good,
        /a key of rsa/,
      ],
      [join(folder, 'absent.pem'), good, /ENOENT/],
    ]
    for (const [path, environment, message] of refused)
      await expect(loadSigner({ key: path }, environment, never)).rejects.toMatchObject({
        code: 'SIGNING_KEY',
        message: expect.stringMatching(message),
      })
  })

  it('is refused where others can read it', notOnWindows('file modes'), async () => {
    const open = keyFile('open.pem', encrypted, 0o644)
    await expect(loadSigner({ key: open }, {}, never)).rejects.toMatchObject({ code: 'SIGNING_KEY' })
  })
})

describe('a program that signs', notOnWindows('a POSIX shell'), () => {
  const plain = keyFile('token.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const program = keyFile(
    'token.mjs',
    `import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
const signature = sign(undefined, readFileSync(0), createPrivateKey(readFileSync(${JSON.stringify(plain)})))
process.stdout.write(process.argv[2] === 'base64' ? signature.toString('base64') + '\\n' : signature)
if (process.argv[2] === 'fail') process.exit(3)
if (process.argv[2] === 'much') process.stdout.write(Buffer.alloc(1_000_000))
`,
  )
  const signerOf = (argument: string, file = publicFile) =>
    loadSigner(
      { command: { line: `${process.execPath} ${program} ${argument}`, publicKey: file } },
      {},
      never,
    )

  it('gives its signature as bytes or in base64', async () => {
    for (const argument of ['raw', 'base64'])
      expect(verify(undefined, DATA, publicKey, await (await signerOf(argument))!.sign(DATA))).toBe(true)
  })

  it('is told when it fails, and when it signs with another key', async () => {
    await expect((await signerOf('fail'))!.sign(DATA)).rejects.toThrow('ended with 3')
    await expect((await signerOf('much'))!.sign(DATA)).rejects.toThrow('printed much more than a signature')
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })
    await expect((await signerOf('raw', keyFile('other.pem', other, 0o644)))!.sign(DATA)).rejects.toThrow(
      'no signature by the public key',
    )
  })
})

it('a public key in another form is refused', async () => {
  await expect(loadPublicKey(keyFile('text.pem', 'no key'))).rejects.toMatchObject({ code: 'SIGNING_KEY' })
})
