/** What a script's run comes back as: one JSON document between marks that nothing else on the stream can forge. */
import { bounded, printable } from '../../../kit/text.ts'

/** A script of ours failed on the host. `id` and `category` are the same in every language; `message` is for people. */
export class ScriptError extends Error {
  readonly script: string
  /** FullyQualifiedErrorId, as `OutOfMemory,Microsoft.HyperV.PowerShell.Commands.StartVM`. */
  readonly id: string
  /** Name of System.Management.Automation.ErrorCategory, as `PermissionDenied`. */
  readonly category: string
  /** .NET type of the innermost exception. */
  readonly type: string
  /** Its HRESULT, as `0x80070005`. */
  readonly result: string
  /** Line in the script. */
  readonly position: number

  constructor(script: string, error: Readonly<Record<string, unknown>>) {
    super(bounded(printable(textOf(error['message'])), 4000))
    this.name = 'ScriptError'
    this.script = script
    this.id = textOf(error['id'])
    this.category = textOf(error['category'])
    this.type = textOf(error['type'])
    this.result = textOf(error['result'])
    this.position = Number(error['position'] ?? 0)
  }
}

export interface Envelope {
  /** The script's result. @throws ScriptError */
  value(script: string): unknown
}

/** The envelope with this call's id in the output of a session; `file` when it lies in the result file; undefined when there is none. */
export function readEnvelope(output: string, id: string): Envelope | 'file' | undefined {
  const start = output.indexOf(`@@${id}:`)
  if (start < 0) return undefined
  const from = start + id.length + 3
  const end = output.indexOf('@@', from)
  if (end < 0) return undefined
  const text = Buffer.from(output.slice(from, end).replace(/\s/g, ''), 'base64').toString('utf8')
  const document = parse(text)
  return document?.['resultFile'] === true ? 'file' : document && envelopeOf(document)
}

/** The envelope of a result file; undefined when it is not one. */
export function parseEnvelope(text: string): Envelope | undefined {
  const document = parse(text)
  return document && envelopeOf(document)
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

function envelopeOf(document: Readonly<Record<string, unknown>>): Envelope {
  return {
    value(script) {
      if (document['ok'] === true) return document['value']
      throw new ScriptError(script, (document['error'] ?? {}) as Readonly<Record<string, unknown>>)
    },
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
