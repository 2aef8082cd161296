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

/** What the shipped files call the folder of the update: a word in single quotes. */
const UPDATE = "'update'"

/** The files of one system, with the update's folder as the commands take it. */
export async function ciFiles(
  system: CiSystem,
  update: string,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const quoted = system === 'jenkins' ? groovy(update) : yaml(update)
  return await Promise.all(
    FILES[system].map(async ([from, path]) => ({
      path,
      text: (await readFile(`${packageRoot}fixtures/ci/${from}`, 'utf8')).replaceAll(UPDATE, () => quoted),
    })),
  )
}

function yaml(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function groovy(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
