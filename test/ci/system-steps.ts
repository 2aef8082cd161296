/** Reads the CI files of a project as steps that can be executed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Step } from './pipeline-steps.ts'

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

/** GitHub's expressions in our files: names of contexts only. */
function expanded(text: string, contexts: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{\{ ([\w.]+) \}\}|\$\(([\w.]+)\)/g,
    (whole, expression?: string, macro?: string) => {
      const value = contexts[expression ?? macro ?? '']
      if (value === undefined) throw new Error(`the test knows no ${whole}`)
      return value
    },
  )
}

interface GitHubStep {
  readonly name: string
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
  const action = parse(read(folder, '.github/actions/ringzero/action.yml')) as {
    inputs: Record<string, { default?: string }>
    runs: { steps: GitHubStep[] }
  }
  const workflow = parse(read(folder, '.github/workflows/ringzero.yml')) as {
    jobs: { gate: { steps: { with: Record<string, string> }[] } }
  }
  const given = { ...workflow.jobs.gate.steps[1]?.with, part: '1', token: 'secret-token', ...more }
  const inputs = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ''] as const)
  const contexts = Object.fromEntries(
    [...inputs, ...Object.entries(given)].map(([name, value]) => [`inputs.${name}`, value] as const),
  )
  const all = { ...contexts, 'github.run_id': '77', 'github.event.pull_request.number': '5' }
  return action.runs.steps
    .filter(
      (step) => !step.if?.includes('inputs.version') && (attempt > 1 || !step.if?.includes('run_attempt')),
    )
    .map((step): Step => {
      const values = Object.fromEntries(
        Object.entries({ ...step.env, ...step.with }).map(([name, value]) => [
          name,
          expanded(String(value), all),
        ]),
      )
      const file = { name: values['name'] ?? '', path: values['path'] ?? '' }
      return {
        name: step.name,
        ...(step.run === undefined ? {} : { script: step.run }),
        environment: step.env === undefined ? {} : values,
        always: step.if?.includes('always()') === true,
        ...(step.uses?.includes('upload-artifact') === true ? { publishes: file } : {}),
        ...(step.uses?.includes('download-artifact') === true ? { fetches: file } : {}),
        ...(values['report_paths'] === undefined ? {} : { reads: values['report_paths'] }),
      }
    })
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
  const template = parse(read(folder, 'ci/ringzero.azure.yml')) as {
    parameters: { name: string; default?: string }[]
    steps: AzureStep[]
  }
  const pipeline = parse(read(folder, 'azure-pipelines.yml')) as {
    jobs: { steps: { parameters?: Record<string, string> }[] }[]
  }
  const given = { ...pipeline.jobs[0]?.steps[1]?.parameters, secrets: '' }
  const contexts = {
    ...Object.fromEntries(
      template.parameters.map(({ name, default: value }) => [`parameters.${name}`, value ?? '']),
    ),
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`parameters.${name}`, value])),
    'Build.SourcesDirectory': '.',
    'Build.BuildId': '88',
    'System.JobAttempt': '1',
    'System.AccessToken': 'secret-token',
  }
  return template.steps
    .filter(({ task }) => task !== 'DownloadPipelineArtifact@2')
    .map((step): Step => {
      const plain = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
        Object.fromEntries(
          Object.entries(values).flatMap(([name, value]) =>
            typeof value === 'string' ? [[name, expanded(value, contexts)] as const] : [],
          ),
        )
      const inputs = plain(step.inputs ?? {})
      const { artifact, targetPath, testResultsFiles } = inputs
      return {
        name: step.displayName,
        ...(step.bash === undefined ? {} : { script: step.bash }),
        environment: plain(step.env ?? {}),
        always: step.condition?.includes('always()') === true,
        ...(artifact === undefined || targetPath === undefined
          ? {}
          : { publishes: { name: artifact, path: targetPath } }),
        ...(testResultsFiles === undefined ? {} : { reads: testResultsFiles }),
      }
    })
}

/** The job of the pipeline, brought to steps. */
export function gitlabSteps(folder: string): readonly Step[] {
  const shared = parse(read(folder, 'ci/ringzero.gitlab-ci.yml')) as {
    '.ringzero': {
      variables: Record<string, string>
      script: string[]
      after_script: string[]
      artifacts: { paths: string[]; reports: { junit: string } }
    }
  }
  const own = parse(read(folder, '.gitlab-ci.yml')) as { gate: { variables: Record<string, string> } }
  const job = shared['.ringzero']
  const variables: Record<string, string> = { CI_PIPELINE_ID: '99', ...job.variables, ...own.gate.variables }
  const named = (text: string): string =>
    text.replaceAll(/\$(\w+)/g, (_, name: string) => named(variables[name] ?? ''))
  const variablesOfJob = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, named(value)]),
  )
  return [
    { name: 'script', script: job.script.join('\n'), environment: variablesOfJob, always: false },
    { name: 'after_script', script: job.after_script.join('\n'), environment: variablesOfJob, always: true },
    {
      name: 'artifacts',
      environment: {},
      always: true,
      publishes: { name: 'run', path: named(job.artifacts.paths[0] ?? '') },
      reads: named(job.artifacts.reports.junit),
    },
  ]
}

/** The shell steps of the Jenkinsfile, as an agent with Unix has them. */
export function jenkinsSteps(folder: string): readonly Step[] {
  const text = read(folder, 'Jenkinsfile')
  const variablesOfJob = Object.fromEntries(
    [...text.matchAll(/^ {4}(RINGZERO_\w+) = (?:'((?:[^'\\]|\\.)*)'|"([^"]*)")$/gm)].map(
      ([, name = '', plain, built]) => [
        name,
        plain === undefined
          ? (built ?? '').replace('${env.BUILD_NUMBER}', '66')
          : plain.replaceAll(/\\(.)/g, '$1'),
      ],
    ),
  )
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
