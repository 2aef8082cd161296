/** Who runs this shard, as the CI system calls its runner. */

/** Of GitHub Actions, GitLab, Jenkins, Azure Pipelines and Buildkite. */
const NAMES = [
  'RUNNER_NAME',
  'CI_RUNNER_DESCRIPTION',
  'NODE_NAME',
  'AGENT_NAME',
  'BUILDKITE_AGENT_NAME',
] as const

/** The runner's name; undefined where no CI system gives one. */
export function runnerName(environment: NodeJS.ProcessEnv): string | undefined {
  return NAMES.map((name) => environment[name]?.trim()).find((name) => name !== undefined && name !== '')
}
