/** Flags of `ringzero drill`. */
import { Flags } from '@oclif/core'
import { jsonFlag } from './base-command.ts'
import { signerFlags } from './signer-flags.ts'

export const drillFlags = {
  json: jsonFlag,
  matrix: Flags.string({ default: 'matrix.yaml', description: 'path to the matrix file' }),
  lab: Flags.string({ default: 'lab.yaml', description: 'path to the lab file' }),
  policy: Flags.string({ description: 'path to the gate policy (default: the built-in policy)' }),
  full: Flags.boolean({
    default: false,
    description: 'run each candidate on the whole matrix, not on one cell',
  }),
  only: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'rehearse only this scenario or symptom class; repeat it for several',
  }),
  files: Flags.string({ description: 'folder with files that scenarios need and nobody may ship' }),
  mutants: Flags.boolean({
    default: false,
    description: 'start nothing: try mutants of policy, checks and judge on recorded journals',
  }),
  runs: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    dependsOn: ['mutants'],
    description: 'run folder to try mutants on, besides the journals that ship; repeat it for several',
  }),
  ...signerFlags,
  'drill-dir': Flags.string({ description: 'folder to create for the drill (default: drills/<id>)' }),
}
