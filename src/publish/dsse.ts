/** Statements in signed envelopes: Sigstore bundles v0.3 with a key of ours, by Sigstore's own libraries, loaded where they are needed. */
import type { KeyObject } from 'node:crypto'
import { canonicalJson } from '../kit/hash.ts'
import { keyIdOf, type ByteSigner } from '../kit/signing.ts'
import { StatementSchema, type Statement } from '../model/bundle.ts'

const PAYLOAD_TYPE = 'application/vnd.in-toto+json'

/** The text of a Sigstore bundle; the same for the same statement and key. @throws Error of the signer */
export async function signStatement(statement: Statement, signer: ByteSigner): Promise<string> {
  const [{ DSSEBundleBuilder }, { bundleToJSON }] = await Promise.all([
    import('@sigstore/sign'),
    import('@sigstore/bundle'),
  ])
  const builder = new DSSEBundleBuilder({
    signer: {
      sign: async (data) => ({
        signature: await signer.sign(data),
        key: { $case: 'publicKey', publicKey: '', hint: signer.keyId },
      }),
    },
    witnesses: [],
  })
  const bundle = await builder.create({ data: Buffer.from(canonicalJson(statement)), type: PAYLOAD_TYPE })
  return envelopeText(bundleToJSON(bundle))
}

/**
 * The statement in a Sigstore bundle, if this key signed it.
 * @throws Error with a sentence: no such bundle, another key, a changed byte
 */
export async function openStatement(text: string, publicKey: KeyObject): Promise<Statement> {
  const [{ bundleFromJSON, bundleToJSON, isBundleWithDsseEnvelope }, { Verifier, toSignedEntity }] =
    await Promise.all([import('@sigstore/bundle'), import('@sigstore/verify')])
  const keyId = keyIdOf(publicKey)
  let bundle: ReturnType<typeof bundleFromJSON>
  try {
    bundle = bundleFromJSON(JSON.parse(text))
  } catch {
    throw new Error('it is no Sigstore bundle')
  }
  const verifier = new Verifier(
    {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: (hint) => {
        if (hint !== keyId) throw new Error('it is not signed by this key')
        return { publicKey, validFor: () => true }
      },
    },
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  )
  try {
    verifier.verify(toSignedEntity(bundle))
  } catch (error) {
    throw new Error(
      (error as { readonly code?: string }).code === 'SIGNATURE_ERROR'
        ? 'its signature does not fit what it says'
        : (error as Error).message,
      { cause: error },
    )
  }
  // What the signature does not cover has one spelling, so that a changed byte in it is seen, too.
  if (!isBundleWithDsseEnvelope(bundle) || envelopeText(bundleToJSON(bundle)) !== text)
    throw new Error('it is not written as it was signed')
  const { payload, payloadType, signatures } = bundle.content.dsseEnvelope
  if (payloadType !== PAYLOAD_TYPE || signatures.length !== 1 || signatures[0]?.keyid !== keyId)
    throw new Error('it holds no in-toto statement with one signature')
  return StatementSchema.parse(JSON.parse(payload.toString('utf8')))
}

function envelopeText(bundle: unknown): string {
  return `${canonicalJson(bundle)}\n`
}
