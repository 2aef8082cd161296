/** Reads the CI files of a project as steps that can be executed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Step } from './pipeline-steps.ts'

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

/** GitHub's expressions in our files: names of contexts only. */
function expanded(text: string, contexts: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{\{ ([\w.-]+) \}\}|\$\(([\w.]+)\)/g,
    (whole, expression?: string, macro?: string) => {
      const value = contexts[expression ?? macro ?? '']
      if (value === undefined) throw new Error(`the test knows no ${whole}`)
      return value
    },
  )
}

interface GitHubStep {
  readonly name?: string
  readonly if?: string
  readonly run?: string
  readonly uses?: string
  readonly env?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, string | boolean>>
}

/** Steps of the composite action, as the workflow calls it in this attempt; `more` are inputs. */
export function githubSteps(
  folder: string,
  attempt: number,
  more: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const workflow = parse(read(folder, '.github/workflows/ringzero.yml')) as {
    jobs: { gate: { steps: { with: Record<string, string> }[] } }
  }
  return actionSteps(folder, attempt, { ...workflow.jobs.gate.steps[1]?.with, part: '1', ...more })
}

function actionSteps(
  folder: string,
  attempt: number,
  inputsGiven: Readonly<Record<string, string>>,
): readonly Step[] {
  const action = parse(read(folder, '.github/actions/ringzero/action.yml')) as {
    inputs: Record<string, { default?: string }>
    runs: { steps: GitHubStep[] }
  }
  const given: Readonly<Record<string, string>> = { ...inputsGiven, token: 'secret-token' }
  const inputs = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ''] as const)
  const contexts = Object.fromEntries(
    [...inputs, ...Object.entries(given)].map(([name, value]) => [`inputs.${name}`, value] as const),
  )
  const all = { ...contexts, 'github.run_id': '77', 'github.event.pull_request.number': '5' }
  return action.runs.steps
    .filter(
      (step) =>
        !step.if?.includes('inputs.version') &&
        (attempt > 1 || !step.if?.includes('run_attempt')) &&
        ((given['shard'] ?? '') === '' || !step.if?.includes("inputs.shard == ''")),
    )
    .map((step) => githubStep(step, all))
}

function githubStep(step: GitHubStep, contexts: Readonly<Record<string, string>>): Step {
  const values = Object.fromEntries(
    Object.entries({ ...step.env, ...step.with }).map(([name, value]) => [
      name,
      expanded(String(value), contexts),
    ]),
  )
  const file = { name: values['name'] ?? values['pattern'] ?? '', path: values['path'] ?? '' }
  return {
    name: step.name ?? step.uses ?? '',
    ...(step.run === undefined ? {} : { script: step.run }),
    environment: step.env === undefined ? {} : values,
    always: step.if?.includes('always()') === true,
    ...(step.uses?.includes('upload-artifact') === true ? { publishes: file } : {}),
    ...(step.uses?.includes('download-artifact') === true ? { fetches: file } : {}),
    ...(values['report_paths'] === undefined ? {} : { reads: values['report_paths'] }),
  }
}

/** Of a pipeline that divides the work: the job that plans, one for a shard, the one that merges. */
export interface ShardedJobs {
  readonly plan: (folder: string) => readonly Step[]
  readonly shard: (folder: string, index: number, count: number, attempt: number) => readonly Step[]
  readonly merge: (folder: string) => readonly Step[]
}

function githubJob(
  folder: string,
  job: string,
  attempt: number,
  contexts: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const workflow = parse(read(folder, '.github/workflows/ringzero.yml')) as {
    jobs: Record<string, { steps: GitHubStep[] }>
  }
  return (workflow.jobs[job]?.steps ?? []).flatMap((step) => {
    if (step.uses?.includes('checkout') === true) return []
    if (step.uses !== './.github/actions/ringzero') return [githubStep(step, contexts)]
    const given = Object.entries(step.with ?? {}).map(([name, value]) => [
      name,
      expanded(String(value), contexts),
    ])
    return actionSteps(folder, attempt, Object.fromEntries(given) as Record<string, string>)
  })
}

export const githubShards: ShardedJobs = {
  plan: (folder) => githubJob(folder, 'plan', 1),
  shard: (folder, index, count, attempt) =>
    githubJob(folder, 'shard', attempt, {
      'matrix.shard': String(index),
      'strategy.job-total': String(count),
    }),
  merge: (folder) => githubJob(folder, 'merge', 1),
}

interface AzureStep {
  readonly displayName: string
  readonly bash?: string
  readonly task?: string
  readonly condition?: string
  readonly env?: Readonly<Record<string, unknown>>
  readonly inputs?: Readonly<Record<string, string>>
}

/** Steps of the template, as the pipeline calls it. */
export function azureSteps(folder: string): readonly Step[] {
  const pipeline = parse(read(folder, 'azure-pipelines.yml')) as AzurePipeline
  return templateSteps(folder, pipeline.jobs[0]?.steps[1]?.parameters ?? {}, AZURE_CONTEXTS)
}

interface AzurePipeline {
  readonly jobs: readonly {
    readonly job: string
    readonly steps: readonly (AzureStep & {
      readonly template?: string
      readonly parameters?: Record<string, string>
    })[]
  }[]
}

const AZURE_CONTEXTS = {
  'Build.SourcesDirectory': '.',
  'Build.BuildId': '88',
  'System.JobAttempt': '1',
  'System.AccessToken': 'secret-token',
}

function templateSteps(
  folder: string,
  parameters: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): readonly Step[] {
  const template = parse(read(folder, 'ci/ringzero.azure.yml')) as {
    parameters: { name: string; default?: string }[]
    steps: AzureStep[]
  }
  const given = { ...parameters, secrets: '' }
  const contexts = {
    ...Object.fromEntries(
      template.parameters.map(({ name, default: value }) => [`parameters.${name}`, value ?? '']),
    ),
    ...Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`parameters.${name}`, expanded(value, variables)]),
    ),
    ...variables,
  }
  const isShard = contexts['parameters.shard'] !== ''
  return template.steps
    .filter(
      ({ task, condition }) =>
        (task !== 'DownloadPipelineArtifact@2' || variables['System.JobAttempt'] !== '1') &&
        !(isShard && condition?.includes("eq('${{ parameters.shard }}', '')") === true),
    )
    .map((step) =>
      azureStep(step, { ...contexts, ringzeroBefore: String(Number(variables['System.JobAttempt']) - 1) }),
    )
}

function azureStep(step: AzureStep, contexts: Readonly<Record<string, string>>): Step {
  const plain = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, expanded(value, contexts)] as const] : [],
      ),
    )
  const { artifact, artifactName, itemPattern, targetPath, testResultsFiles } = plain(step.inputs ?? {})
  const fetched = artifactName ?? itemPattern?.split('/')[0]
  return {
    name: step.displayName,
    ...(step.bash === undefined ? {} : { script: step.bash }),
    environment: plain(step.env ?? {}),
    always: step.condition?.includes('always()') === true,
    ...(artifact === undefined || targetPath === undefined
      ? {}
      : { publishes: { name: artifact, path: targetPath } }),
    ...(fetched === undefined || targetPath === undefined
      ? {}
      : { fetches: { name: fetched, path: targetPath } }),
    ...(testResultsFiles === undefined ? {} : { reads: testResultsFiles }),
  }
}

function azureJob(
  folder: string,
  job: string,
  variables: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const pipeline = parse(read(folder, 'azure-pipelines.yml')) as AzurePipeline
  const contexts = { ...AZURE_CONTEXTS, RINGZERO_GUEST_PASSWORD: 'x', ...variables }
  const steps = pipeline.jobs.find((one) => one.job === job)?.steps ?? []
  return steps.flatMap((step) => {
    if (step.template !== undefined) return templateSteps(folder, step.parameters ?? {}, contexts)
    return 'checkout' in step ? [] : [azureStep(step, contexts)]
  })
}

export const azureShards: ShardedJobs = {
  plan: (folder) => azureJob(folder, 'plan'),
  shard: (folder, index, count, attempt) =>
    azureJob(folder, 'shard', {
      'System.JobPositionInPhase': String(index),
      'System.TotalJobsInPhase': String(count),
      'System.JobAttempt': String(attempt),
    }),
  merge: (folder) => azureJob(folder, 'merge'),
}

interface GitLabJob {
  readonly extends?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly script?: readonly string[]
  readonly after_script?: readonly string[]
  readonly artifacts?: {
    readonly paths?: readonly string[]
    readonly reports?: { readonly junit: string }
  }
}

/** A job with all that it extends. */
function gitlabJob(folder: string, name: string): GitLabJob {
  const jobs = {
    ...(parse(read(folder, 'ci/ringzero.gitlab-ci.yml')) as Record<string, GitLabJob>),
    ...(parse(read(folder, '.gitlab-ci.yml')) as Record<string, GitLabJob>),
  }
  const job = jobs[name] ?? {}
  const base = job.extends === undefined ? {} : gitlabJob(folder, job.extends)
  return {
    ...base,
    ...job,
    variables: { ...base.variables, ...job.variables },
    artifacts: { ...base.artifacts, ...job.artifacts },
  }
}

/** The steps of one job; what it publishes lies in an artifact of this name. */
function gitlabJobSteps(
  folder: string,
  name: string,
  artifact: string,
  more: Readonly<Record<string, string>> = {},
): readonly Step[] {
  const pipeline = parse(read(folder, '.gitlab-ci.yml')) as { variables?: Record<string, string> }
  const job = gitlabJob(folder, name)
  const variables: Record<string, string> = {
    CI_PIPELINE_ID: '99',
    ...pipeline.variables,
    ...job.variables,
    ...more,
  }
  const named = (text: string): string =>
    text.replaceAll(/\$(\w+)/g, (_, variable: string) => named(variables[variable] ?? ''))
  const environment = Object.fromEntries(
    Object.entries(variables).map(([variable, value]) => [variable, named(value)]),
  )
  const { paths = [], reports } = job.artifacts ?? {}
  return [
    { name: 'script', script: job.script?.join('\n') ?? '', environment, always: false },
    ...(job.after_script === undefined
      ? []
      : [{ name: 'after_script', script: job.after_script.join('\n'), environment, always: true }]),
    {
      name: 'artifacts',
      environment: {},
      always: true,
      publishes: { name: artifact, path: named(paths[0] ?? '') },
      ...(reports === undefined ? {} : { reads: named(reports.junit) }),
    },
  ]
}

/** The job of the pipeline, brought to steps. */
export function gitlabSteps(folder: string): readonly Step[] {
  return gitlabJobSteps(folder, 'gate', 'run')
}

const fetching = (name: string, path: string): Step => ({
  name: `fetch ${name}`,
  environment: {},
  always: false,
  fetches: { name, path },
})

export const gitlabShards: ShardedJobs = {
  plan: (folder) => gitlabJobSteps(folder, 'plan', 'plan'),
  shard: (folder, index, count) => [
    fetching('plan', '.'),
    ...gitlabJobSteps(folder, 'shard', `99-shard-${index}`, {
      CI_NODE_INDEX: String(index),
      CI_NODE_TOTAL: String(count),
    }),
  ],
  // Artifacts come to where they were.
  merge: (folder) => [fetching('99-shard-*', 'runs'), ...gitlabJobSteps(folder, 'merge', 'run')],
}

/** The variables of the Jenkinsfile. */
function jenkinsVariables(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^ {4}(RINGZERO_\w+) = (?:'((?:[^'\\]|\\.)*)'|"([^"]*)")$/gm)].map(
      ([, name = '', plain, built]) => [
        name,
        plain === undefined
          ? (built ?? '').replace('${env.BUILD_NUMBER}', '66')
          : plain.replaceAll(/\\(.)/g, '$1'),
      ],
    ),
  )
}

/** The shell steps of the Jenkinsfile, as an agent with Unix has them. */
export function jenkinsSteps(folder: string): readonly Step[] {
  const text = read(folder, 'Jenkinsfile')
  const variablesOfJob = jenkinsVariables(text)
  const [gate = '', comment = ''] = [...text.matchAll(/\bsh '([^']*)'/g)].map((match) => match[1] ?? '')
  const pattern = (/testResults: "([^"]*)"/.exec(text)?.[1] ?? '').replace(
    '${env.RINGZERO_RUN}',
    variablesOfJob['RINGZERO_RUN'] ?? '',
  )
  return [
    { name: 'gate', script: gate, environment: variablesOfJob, always: false },
    { name: 'junit', environment: {}, always: true, reads: pattern },
    {
      name: 'comment',
      script: comment,
      environment: { ...variablesOfJob, GITHUB_TOKEN: 'secret-token' },
      always: true,
    },
  ]
}

/** What is stashed by one stage and unstashed by another is an artifact here. */
export const jenkinsShards: ShardedJobs = {
  plan: (folder) => [
    jenkinsShell(folder, 0, 'plan'),
    { name: 'stash', environment: {}, always: true, publishes: { name: 'plan', path: 'plan.json' } },
  ],
  shard: (folder, index) => [
    fetching('plan', '.'),
    jenkinsShell(folder, 1, 'shard', { RINGZERO_SHARD: String(index) }),
    {
      name: 'stash',
      environment: {},
      always: true,
      publishes: { name: `66-shard-${index}`, path: `runs/66-shard-${index}` },
    },
  ],
  merge: (folder) => [
    fetching('66-shard-*', 'runs'),
    jenkinsShell(folder, 2, 'merge'),
    { name: 'junit', environment: {}, always: true, reads: 'runs/66/report/junit*.xml' },
    { ...jenkinsShell(folder, 3, 'comment', { GITHUB_TOKEN: 'secret-token' }), always: true },
  ],
}

function jenkinsShell(
  folder: string,
  place: number,
  name: string,
  more: Readonly<Record<string, string>> = {},
): Step {
  const text = read(folder, 'Jenkinsfile')
  const script = [...text.matchAll(/\bsh '([^']*)'/g)][place]?.[1] ?? ''
  return { name, script, environment: { ...jenkinsVariables(text), ...more }, always: false }
}
