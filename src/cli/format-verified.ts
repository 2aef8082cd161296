/** What `verify` found, in lines and for machines. */
import type { VerifiedFiles } from '../app/verify-bundle-files.ts'

/** What is wrong comes first, the answer last. */
export function formatVerified({ problems, report, reproduced, repeats = [] }: VerifiedFiles): string[] {
  const level = reproduced.length === 0 ? 'self-attested' : 'reproduced by a second lab'
  const good =
    report === undefined
      ? 'verified: the run followed the plan that was signed before it began, and its journal is whole'
      : `verified: ${report.id} for ${report.audience.title}: ${report.result}, ${level}, good until ${report.expires}`
  return [
    ...problems.map(({ file, what }) => `${file} ${what}`),
    ...reproduced.map((cell) => `${cell} was reproduced by a second lab`),
    ...repeats.map(
      ({ run, folder, part }) =>
        `the same plan${part === undefined ? '' : ` (${part})`} was begun before, and what that showed is not in this run: ${run}, ${folder}`,
    ),
    ...(report === undefined || report.registration !== undefined || report.pack === true
      ? []
      : [
          'nothing was signed for you before the run began: an earlier try or a dropped machine would not show',
        ]),
    problems.length === 0 ? good : 'not verified',
  ]
}

/** The same as one document. */
export function verifiedDocument({ problems, report, reproduced, repeats }: VerifiedFiles): object {
  return {
    schema: 'ringzero/verified/1',
    verified: problems.length === 0,
    report: report?.id,
    result: report?.result,
    level: reproduced.length > 0 ? 'reproduced' : 'self-attested',
    reproduced,
    repeats: repeats?.map(({ run, folder, part }) => ({ run, folder, part })),
    registered: report?.registration !== undefined,
    problems,
  }
}
