/** Where the readers of junit.xml look for attachments, and which file names they take. */
import { isAbsolute, relative, sep } from 'node:path'

export const JUNIT_PROFILES = ['plain', 'gitlab', 'jenkins', 'azure'] as const
export type JunitProfile = (typeof JUNIT_PROFILES)[number]

/** What a warning is in a format that knows none. */
export const JUNIT_WARNINGS = ['failure', 'skipped', 'pass'] as const
export type JunitWarning = (typeof JUNIT_WARNINGS)[number]

type Environment = Readonly<Record<string, string | undefined>>

/** The reader of the CI system that this process runs in, by the variables that each sets. */
export function profileOf(environment: Environment): JunitProfile {
  if (environment['GITLAB_CI'] !== undefined) return 'gitlab'
  if (environment['JENKINS_URL'] !== undefined) return 'jenkins'
  return environment['TF_BUILD'] === undefined ? 'plain' : 'azure'
}

/**
 * The folder from which the reader resolves attachments: GitLab its project folder (Gitlab::Ci::Parsers::Test::Junit),
 * Jenkins the workspace (junit-attachments plugin), Azure DevOps its sources; else the working directory.
 */
export function attachmentBase(
  profile: JunitProfile,
  environment: Environment,
  workingFolder: string,
): string {
  const named = {
    gitlab: 'CI_PROJECT_DIR',
    jenkins: 'WORKSPACE',
    azure: 'BUILD_SOURCESDIRECTORY',
    plain: '',
  }[profile]
  return environment[named] ?? workingFolder
}

/** The file as this reader finds it, with `/`; undefined where it cannot: GitLab takes nothing outside of its project. */
export function attachmentPath(profile: JunitProfile, base: string, file: string): string | undefined {
  const path = relative(base, file)
  const outside = isAbsolute(path) || path.split(sep)[0] === '..'
  if (outside) return profile === 'gitlab' ? undefined : file.split(sep).join('/')
  return path.split(sep).join('/')
}

/** Name of the n-th file, from 1. Azure DevOps looks for TEST-*.xml, the others take `junit*.xml`. */
export function junitFileName(profile: JunitProfile, ordinal: number): string {
  const name = profile === 'azure' ? 'TEST-ringzero' : 'junit'
  return ordinal === 1 ? `${name}.xml` : `${name}-${ordinal}.xml`
}
