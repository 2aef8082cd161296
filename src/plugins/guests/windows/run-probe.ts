/** Asks a Windows guest: one of our PowerShell scripts with JSON parameters in, one JSON value out. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'

/** Windows PowerShell 5.1 is part of every supported build; its path is fixed so that PATH cannot put another in its place. */
export const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'
/** A double-byte code page takes the last byte of a byte order mark for the first half of a character: it may have a space. */
const MARGIN = '    '
/** Ids of errors with which Windows and its antimalware interface refuse a script, the same in every language. */
const REFUSED_SCRIPT = /ScriptContainedMaliciousContent|ScriptHasAdminBlockedContent/
/** ERROR_VIRUS_INFECTED and ERROR_VIRUS_DELETED. */
const REFUSED_PROGRAM = /\b(?:225|226|0x800700e1|0x800700e2)\b/i
const MAXIMUM_ANSWER = 8 * 1024 * 1024

const EnvelopeSchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({ id: z.string(), message: z.string(), line: z.number() }),
  }),
])

const scripts = new Map<string, Promise<string>>()

/** The text of `scripts/<name>.ps1`. @throws Error when the package is damaged */
function scriptText(name: string): Promise<string> {
  const known = scripts.get(name) ?? readFile(assetPath(`plugins/guests/windows/scripts/${name}.ps1`), 'utf8')
  scripts.set(name, known)
  return known
}

/**
 * Runs `scripts/<name>.ps1` and checks its answer.
 * @throws AppError GUEST_PROBE (host) when the script failed or its answer cannot be read; ChannelLost, DeadlineError
 */
export async function runProbe<T>(
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
  guest: Channel,
  ctx: Context,
): Promise<T> {
  const value = await runGuestScript({ name, text: await scriptText(name) }, parameters, guest, ctx)
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw probeError(name, `answers in another shape: ${issue?.path.join('.')}: ${issue?.message}`)
}

/**
 * Runs a script and returns its value. Script and parameters travel as base64 on standard input of a fixed command, so
 * that no foreign text is ever part of a command line; the answer is found by a nonce, whatever else was printed.
 */
export async function runGuestScript(
  script: { readonly name: string; readonly text: string },
  parameters: Readonly<Record<string, unknown>>,
  guest: Channel,
  ctx: Context,
): Promise<unknown> {
  const nonce = randomBytes(12).toString('hex')
  const request = JSON.stringify({ nonce, script: script.text, parameters })
  const result = await guest.exec(
    {
      program: POWERSHELL,
      arguments: bootstrapArguments(await scriptText('bootstrap')),
      input: `${MARGIN}${Buffer.from(request, 'utf8').toString('base64')}\n`,
      maximumBytes: MAXIMUM_ANSWER,
    },
    ctx,
  )
  const output = result.stdout.toString('latin1')
  const match = new RegExp(`ringzero:${nonce}:([A-Za-z0-9+/=]+)`).exec(output)
  if (match === null) {
    const spoken = `${withoutProgress(result.stderr.toString('utf8'))} ${result.stdout.toString('utf8')}`
    const language = /ringzero-language:([A-Za-z]{1,40})/.exec(output)?.[1]
    if (language !== undefined) throw constrained(language)
    if (REFUSED_SCRIPT.test(spoken) || (result.exitCode === 127 && REFUSED_PROGRAM.test(spoken)))
      throw blocked(script.name, oneLine(spoken, 300))
    const said = oneLine(spoken, 400)
    const why = result.truncated ? 'its answer is too long' : `it ended with ${result.exitCode}`
    // Neither an answer nor an error: a process that was ended from outside says nothing.
    if (said === '' && !result.truncated && result.exitCode !== 0)
      throw blocked(script.name, `it ended with ${result.exitCode} and said nothing`)
    throw probeError(script.name, `${why}${said === '' ? '' : `: ${said}`}`)
  }
  const envelope = EnvelopeSchema.safeParse(parseJson(Buffer.from(match[1] ?? '', 'base64').toString('utf8')))
  if (!envelope.success) throw probeError(script.name, 'its answer is damaged')
  if (envelope.data.ok) return envelope.data.value
  const { message, line, id } = envelope.data.error
  throw probeError(script.name, `line ${line}: ${oneLine(message, 400)} (${oneLine(id, 120)})`)
}

/** Arguments of powershell.exe for a fixed script text: UTF-16LE in base64, as -EncodedCommand takes it. */
function bootstrapArguments(text: string): string[] {
  const encoded = Buffer.from(text, 'utf16le').toString('base64')
  return [
    '-NoLogo',
    '-NoProfile',
    '-NonInteractive',
    '-ExecutionPolicy',
    'Bypass',
    '-EncodedCommand',
    encoded,
  ]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Windows PowerShell writes its streams as XML to a redirected standard error, also where they hold no error. */
function withoutProgress(stderr: string): string {
  return stderr.startsWith('#< CLIXML') && !stderr.includes('S="Error"') ? '' : stderr
}

/** PowerShell of the guest may not run what asks it. */
function constrained(language: string): AppError {
  return new AppError(
    'GUEST_LANGUAGE',
    'host',
    `PowerShell of the guest runs in ${language}: a policy for applications (WDAC, AppLocker, Smart App Control) is in force`,
    { hint: 'allow PowerShell scripts of administrators in that policy, or take an image without it' },
  )
}

/** What a product of the guest does to a script that arrives in base64: its doing, and no fault of the host. */
function blocked(name: string, how: string): AppError {
  return new AppError(
    'GUEST_PROBE_BLOCKED',
    'host',
    `a security product of the guest seems to have stopped the question ${oneLine(name, 80)}: ${how}`,
    {
      hint: 'look at what the product reports; exclude powershell.exe with -EncodedCommand from its script rules, or write the cell off for this product',
    },
  )
}

function probeError(name: string, why: string): AppError {
  return new AppError(
    'GUEST_PROBE',
    'host',
    `the guest's answer to ${oneLine(name, 80)} cannot be read: ${why}`,
    {
      hint: 'look at the guest: does Windows PowerShell start there, and is it allowed to run scripts?',
    },
  )
}
