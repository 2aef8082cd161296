/** Names what went wrong on the host, from the words of QEMU's programs. */
import type { Finished } from '../../../../kit/process.ts'
import { boundedTail, oneLine, printable } from '../../../../kit/text.ts'
import type { Instant } from '../../../../kit/clock.ts'
import { AppError } from '../../../../model/errors.ts'
import type { MachineSignal } from '../../../../sdk/provider.ts'
import type { ProcessEnd } from './qemu-host.ts'

/** Where QEMU and qemu-img quote paths of ours, the last words hold the reason. */
const STDERR_SHOWN = 1500

const KNOWN: readonly { readonly pattern: RegExp; readonly code: string; readonly hint: string }[] = [
  {
    pattern: /no space left on device/i,
    code: 'HOST_DISK_FULL',
    hint: 'free space on the disk that holds the run folder, then resume the run',
  },
  {
    pattern: /could not open '.*(?:no such file|permission denied)|no such file or directory/is,
    code: 'HOST_IMAGE_MISSING',
    hint: 'build the image or layer again (ringzero images build, ringzero layers build), then resume the run',
  },
  {
    pattern:
      /not in qcow2 format|header too short|could not read (?:qcow2 header|l1|refcount|snapshots)|corrupt|invalid (?:header|l1|refcount)|image is (?:too|not)|bad signature|inconsistent/i,
    code: 'HOST_DISK_CORRUPT',
    hint: 'check the disk file with "qemu-img check"; a damaged image or layer must be built again',
  },
  {
    pattern: /cannot allocate memory|cannot set up guest memory/i,
    code: 'HOST_MEMORY_FULL',
    hint: 'lower the host’s memoryMiB or machines in lab.yaml: the host has not that much free memory',
  },
]

/** The AppError (fault "host") for a failed step; `what` says what was tried. */
export function hostFault(what: string, output: string, fallbackCode: string): AppError {
  const text = oneLine(boundedTail(printable(output), STDERR_SHOWN), STDERR_SHOWN + 100)
  const known = KNOWN.find(({ pattern }) => pattern.test(output))
  return new AppError(
    known?.code ?? fallbackCode,
    'host',
    `${what}: ${text === '' ? 'no reason given' : text}`,
    {
      hint: known?.hint ?? 'run "ringzero doctor", then resume the run',
    },
  )
}

/** The same for a program that ran to its end; undefined when it succeeded. */
export function programFault(what: string, finished: Finished, fallbackCode: string): AppError | undefined {
  if (finished.exitCode === 0) return undefined
  if (finished.startError !== undefined)
    return new AppError(
      'HOST_PROGRAM_MISSING',
      'host',
      `${what}: the program could not be started (${finished.startError})`,
      {
        hint: 'run "ringzero doctor --fix": it installs what is missing',
      },
    )
  const end =
    finished.signal === undefined ? `exit code ${finished.exitCode ?? '?'}` : `ended by ${finished.signal}`
  return hostFault(what, finished.stderr.length > 0 ? finished.stderr.toString('utf8') : end, fallbackCode)
}

/** The signals of a QEMU that ended although neither this program nor the guest asked it to. `reason`: QEMU's last word on it. */
export function unaskedEnd(end: ProcessEnd, reason: string | undefined, at: Instant): MachineSignal[] {
  const how = end.signal === undefined ? `with exit code ${end.exitCode ?? 'unknown'}` : `by ${end.signal}`
  const said = [end.hostReason?.words ?? '', end.stderr.trim()].filter((part) => part !== '').join('; ')
  const words = oneLine(boundedTail(said, STDERR_SHOWN), STDERR_SHOWN + 100)
  const killed = end.signal !== undefined || reason === 'host-signal'
  return [
    { kind: 'power', state: 'off', cause: 'host', at },
    {
      kind: 'host-fault',
      code: end.hostReason?.code ?? (killed ? 'HOST_QEMU_KILLED' : 'HOST_QEMU_FAILED'),
      message: `QEMU ended ${how} without being asked${words === '' ? '' : `: ${words}`}`,
      at,
    },
  ]
}
