/** Asks a Linux guest: one fixed script of ours, everything variable as an argument, the answer as `key<TAB>value` lines. */
import { readFile } from 'node:fs/promises'
import { assetPath } from '../../../kit/assets.ts'
import { oneLine, printable } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Channel, ExecResult } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'

const MAXIMUM_ANSWER = 4 * 1024 * 1024
const MAXIMUM_VALUE = 64 * 1024

/** One line of an answer. */
export interface Answer {
  readonly key: string
  readonly value: string
}

let script: Promise<string> | undefined

/** Runs one verb of `probes.sh`; any exit code is a value. @throws ChannelLost, DeadlineError */
export async function runProbe(
  verb: string,
  words: readonly string[],
  guest: Channel,
  ctx: Context,
): Promise<ExecResult> {
  script ??= readFile(assetPath('plugins/guests/linux/probes.sh'), 'utf8')
  return await guest.exec(
    {
      program: '/bin/sh',
      arguments: ['-s', '--', verb, ...words],
      input: await script,
      maximumBytes: MAXIMUM_ANSWER,
    },
    ctx,
  )
}

/**
 * The answer's lines; keys and values are printable and bounded.
 * @throws AppError GUEST_PROBE (host) when the probe failed or its answer was cut; ChannelLost, DeadlineError
 */
export async function askGuest(
  verb: string,
  words: readonly string[],
  guest: Channel,
  ctx: Context,
): Promise<readonly Answer[]> {
  const result = await runProbe(verb, words, guest, ctx)
  if (result.exitCode !== 0 || result.truncated) {
    const said = oneLine(result.stderr.toString('utf8'), 300)
    throw unreadable(
      verb,
      result.truncated ? 'the answer is too long' : `ended with ${result.exitCode}: ${said}`,
    )
  }
  return parseAnswer(result.stdout.toString('utf8'))
}

/** Splits an answer; lines without a tab are dropped. */
export function parseAnswer(text: string): readonly Answer[] {
  return text.split('\n').flatMap((line) => {
    const tab = line.indexOf('\t')
    if (tab < 1) return []
    return [
      {
        key: printable(line.slice(0, tab)).slice(0, 256),
        value: printable(line.slice(tab + 1)).slice(0, MAXIMUM_VALUE),
      },
    ]
  })
}

/** The values of one key, in order. */
export function valuesOf(answers: readonly Answer[], key: string): readonly string[] {
  return answers.filter((answer) => answer.key === key).map((answer) => answer.value)
}

/** The first value of a key. @throws AppError GUEST_PROBE when it is not there */
export function valueOf(verb: string, answers: readonly Answer[], key: string): string {
  const found = answers.find((answer) => answer.key === key)
  if (found === undefined) throw unreadable(verb, `it did not say "${key}"`)
  return found.value
}

/** A number out of an answer. @throws AppError GUEST_PROBE when it is none */
export function numberOf(verb: string, answers: readonly Answer[], key: string): number {
  const text = valueOf(verb, answers, key).trim()
  if (!/^\d{1,15}(?:\.\d{1,9})?$/.test(text))
    throw unreadable(verb, `"${key}" is "${oneLine(text, 60)}", not a number`)
  return Number(text)
}

/** The error of a probe whose answer says nothing. */
export function unreadable(verb: string, reason: string): AppError {
  return new AppError('GUEST_PROBE', 'host', `the guest's answer to "${verb}" cannot be read: ${reason}`)
}
