/** Reads the members of the guest agent's answers, none of which can be trusted. */
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { ChannelLost, type ExecResult } from '../../../sdk/channel.ts'

/** A member of an answer; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** A number that the protocol promises. @throws ChannelLost */
export function numberMember(value: unknown, name: string): number {
  const found = member(value, name)
  if (typeof found !== 'number') throw new ChannelLost(`the guest agent’s answer has no number "${name}"`)
  return found
}

/** The answer of guest-file-open. @throws ChannelLost */
export function handleOf(value: unknown): number {
  if (typeof value !== 'number') throw new ChannelLost('guest-file-open: the answer is no number')
  return value
}

/** Bytes that came as base64; none where the member is absent, as the agent leaves out empty output. */
export function bytesMember(value: unknown, name: string): Buffer {
  const found = member(value, name)
  return typeof found === 'string' ? Buffer.from(found, 'base64') : Buffer.alloc(0)
}

/** A finished guest-exec-status as a result, each stream cut to `maximum` bytes. */
export function readExecResult(status: unknown, maximum: number): ExecResult {
  const [stdout, stderr] = [bytesMember(status, 'out-data'), bytesMember(status, 'err-data')]
  const code = member(status, 'exitcode')
  const signal = member(status, 'signal')
  const cut = member(status, 'out-truncated') === true || member(status, 'err-truncated') === true
  return {
    // A program that a signal ended has no exit code; 128 + signal is what a shell reports.
    exitCode: typeof code === 'number' ? code : typeof signal === 'number' ? 128 + signal : -1,
    stdout: stdout.subarray(0, maximum),
    stderr: stderr.subarray(0, maximum),
    truncated: cut || stdout.length > maximum || stderr.length > maximum,
  }
}

/** What a shell answers for a program that could not be started. */
const EXIT_NOT_STARTED = 127

/**
 * What run-program.ps1 wrote: JSON with started, exitCode, stdout and stderr in base64, truncated.
 * @throws AppError GUEST_PROGRAM_ANSWER when the file holds something else
 */
export function readProgramAnswer(file: Buffer, maximum: number): ExecResult {
  let answer: unknown
  try {
    answer = JSON.parse(file.toString('utf8'))
  } catch {
    answer = undefined
  }
  const message = member(answer, 'message')
  if (member(answer, 'started') === false)
    return {
      exitCode: EXIT_NOT_STARTED,
      stdout: Buffer.alloc(0),
      stderr: Buffer.from(oneLine(typeof message === 'string' ? message : '', 1000)),
      truncated: false,
    }
  const code = member(answer, 'exitCode')
  if (typeof code !== 'number')
    throw new AppError('GUEST_PROGRAM_ANSWER', 'host', 'the guest wrote no result of a program that it ran')
  const [stdout, stderr] = [bytesMember(answer, 'stdout'), bytesMember(answer, 'stderr')]
  return {
    exitCode: code,
    stdout: stdout.subarray(0, maximum),
    stderr: stderr.subarray(0, maximum),
    truncated: member(answer, 'truncated') === true || stdout.length > maximum || stderr.length > maximum,
  }
}
