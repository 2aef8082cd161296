/**
 * Errors stop work and say whose fault they are. A bad test result is never an error: it is an observation.
 */
import { PackagesMissing } from '../kit/debian-packages.ts'
import { LimitExceeded } from '../kit/limit-exceeded.ts'

/** Who must act: the user (bad input), the host (lab), a plugin, or ringzero itself (`tool`). */
export const FAULTS = ['user', 'host', 'plugin', 'tool', 'cancelled'] as const
export type Fault = (typeof FAULTS)[number]

/** Where in an input file a problem sits; lines and columns start at 1. */
export interface Where {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** Dotted path of the field, as in `axes.build.values[2].weight`. */
  readonly field?: string
}

/** One problem of an input file: what is wrong and what to do. */
export interface Problem {
  readonly message: string
  readonly hint?: string
  readonly where?: Where
}

export interface AppErrorOptions {
  /** Starts with a verb: what the reader can do about it. */
  readonly hint?: string
  readonly where?: Where
  /** All problems of one input at once; the message then sums them up. */
  readonly problems?: readonly Problem[]
  readonly cause?: unknown
}

/** The journal's and the JSON output's form of an error. */
export interface ErrorRecord {
  readonly code: string
  readonly fault: Fault
  readonly message: string
  readonly hint?: string
  readonly where?: Where
  readonly problems?: readonly Problem[]
}

/** The one error class. `code` is stable and SCREAMING_SNAKE; `fault` decides the exit code and the blame. */
export class AppError extends Error {
  readonly code: string
  readonly fault: Fault
  readonly hint: string | undefined
  readonly where: Where | undefined
  readonly problems: readonly Problem[]

  constructor(code: string, fault: Fault, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.fault = fault
    this.hint = options.hint
    this.where = options.where
    this.problems = options.problems ?? []
  }

  /** The JSON-safe form; never contains a stack. */
  toRecord(): ErrorRecord {
    return {
      code: this.code,
      fault: this.fault,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.problems.length === 0 ? {} : { problems: this.problems }),
    }
  }
}

/** Codes of a disk, or a share of one, that is full. */
const DISK_FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])
/** Codes with which a system refuses a file to an account: Windows says EPERM where others say EACCES. */
const FILES_REFUSED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])

/** Any thrown value as an AppError; an unclassified error is a fault of the tool, with the original as cause. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof LimitExceeded)
    return new AppError(thrown.code, 'user', thrown.message, { hint: thrown.hint, cause: thrown })
  if (thrown instanceof PackagesMissing)
    return new AppError('HOST_PACKAGES', 'host', thrown.message, { hint: thrown.hint, cause: thrown })
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const { code, path } = thrown instanceof Error ? (thrown as { code?: string; path?: string }) : {}
  if (path !== undefined && FILES_REFUSED.has(code ?? ''))
    return new AppError('FILE_REFUSED', 'user', message, {
      cause: thrown,
      hint: `give this account the right to ${path}, or name a folder that it may write`,
    })
  if (DISK_FULL.has(code ?? ''))
    return new AppError('DISK_FULL', 'host', message, {
      cause: thrown,
      hint: `free space${path === undefined ? '' : ` for ${path}`}, then go on with: ringzero resume RUN`,
    })
  return new AppError('BUG_UNEXPECTED', 'tool', message, {
    cause: thrown,
    hint: 'report this with the run folder: it is a fault of ringzero',
  })
}
