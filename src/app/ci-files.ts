/** The CI files that ship in fixtures/ci, for a project: they name the folder of its update. */
import { readFile } from 'node:fs/promises'
import { packageRoot } from '../kit/assets.ts'
import type { CiSystem } from './init-questions.ts'

/** From where in fixtures/ci to where in a project. */
const FILES: Readonly<Record<CiSystem, readonly (readonly [string, string])[]>> = {
  github: [
    ['github/action.yml', '.github/actions/ringzero/action.yml'],
    ['post-comment.mjs', '.github/actions/ringzero/post-comment.mjs'],
    ['github/workflow.yml', '.github/workflows/ringzero.yml'],
  ],
  azure: [
    ['azure/ringzero.yml', 'ci/ringzero.azure.yml'],
    ['post-comment.mjs', 'ci/post-comment.mjs'],
    ['azure/azure-pipelines.yml', 'azure-pipelines.yml'],
  ],
  gitlab: [
    ['gitlab/ringzero.yml', 'ci/ringzero.gitlab-ci.yml'],
    ['post-comment.mjs', 'ci/post-comment.mjs'],
    ['gitlab/.gitlab-ci.yml', '.gitlab-ci.yml'],
  ],
  jenkins: [
    ['jenkins/Jenkinsfile', 'Jenkinsfile'],
    ['post-comment.mjs', 'ci/post-comment.mjs'],
  ],
}

/** Instead of a system's own file at that place: the pipeline that divides the work among several runners. */
const SHARDED: Readonly<Record<CiSystem, readonly [string, string]>> = {
  github: ['github/shards.yml', '.github/workflows/ringzero.yml'],
  azure: ['azure/shards.yml', 'azure-pipelines.yml'],
  gitlab: ['gitlab/shards.gitlab-ci.yml', '.gitlab-ci.yml'],
  jenkins: ['jenkins/shards.Jenkinsfile', 'Jenkinsfile'],
}

/** How the shipped pipelines say three shards, and how they say `count` of them. */
function shardWords(count: number): readonly (readonly [string, string])[] {
  const numbers = Array.from({ length: count }, (_, index) => String(index + 1))
  return [
    ['shard: [1, 2, 3]', `shard: [${numbers.join(', ')}]`],
    ['parallel: 3', `parallel: ${count}`],
    ["values '1', '2', '3'", `values ${numbers.map((number) => `'${number}'`).join(', ')}`],
    ["RINGZERO_SHARDS = '3'", `RINGZERO_SHARDS = '${count}'`],
  ]
}

/** What the shipped files call the folder of the update: a word in single quotes. */
const UPDATE = "'update'"

/** The files of one system, with the update's folder as the commands take it. `shards`: runners that share the work; 1: one does all. */
export async function ciFiles(
  system: CiSystem,
  update: string,
  shards: number,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const quoted = system === 'jenkins' ? groovy(update) : yaml(update)
  const pipeline = SHARDED[system]
  const files =
    shards === 1 ? FILES[system] : [...FILES[system].filter(([, path]) => path !== pipeline[1]), pipeline]
  return await Promise.all(
    files.map(async ([from, path]) => {
      const text = await readFile(`${packageRoot}fixtures/ci/${from}`, 'utf8')
      const counted =
        from === pipeline[0]
          ? shardWords(shards).reduce((said, [three, wanted]) => said.replaceAll(three, wanted), text)
          : text
      return { path, text: counted.replaceAll(UPDATE, () => quoted) }
    }),
  )
}

function yaml(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function groovy(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
