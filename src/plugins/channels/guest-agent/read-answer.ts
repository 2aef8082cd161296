/** Reads the members of the guest agent's answers, none of which can be trusted. */
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
