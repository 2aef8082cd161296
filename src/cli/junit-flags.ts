/** `--junit-profile` and `--junit-warn`: how junit.xml suits its reader. */
import { Flags } from '@oclif/core'

const PROFILES = ['plain', 'gitlab', 'jenkins', 'azure'] as const
const WARNINGS = ['failure', 'skipped', 'pass'] as const

/** Of every command that writes reports. */
export const junitFlags = {
  'junit-profile': Flags.option({
    options: PROFILES,
    description: 'reader of junit.xml: where it looks for attachments (default: the CI system found)',
  })(),
  'junit-warn': Flags.option({
    options: WARNINGS,
    default: 'skipped' as const,
    description: 'what a cell with a warning is in junit.xml',
  })(),
}

export interface JunitFlags {
  readonly 'junit-profile'?: (typeof PROFILES)[number] | undefined
  readonly 'junit-warn'?: (typeof WARNINGS)[number] | undefined
}
