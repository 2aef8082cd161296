/**
 * Where the container engine is: lab.yaml, else DOCKER_HOST, else the current context of the Docker command line, else
 * the socket of this computer. dockerode reads none of the middle two (docker/cli: cli/context/store has the layout).
 */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256 } from '../../../kit/hash.ts'
import { AppError } from '../../../model/errors.ts'

export interface EngineAddress {
  readonly url: URL
  /** Folder with ca.pem, cert.pem and key.pem for mutual TLS; absent: no TLS. */
  readonly certificates?: string
  /** Configuration file for ssh; absent: that of the user. */
  readonly sshConfig?: string
  /** For messages: which setting named it. */
  readonly from: string
}

export interface EngineSettings {
  readonly engine?: string | undefined
  readonly context?: string | undefined
  readonly certificates?: string | undefined
  readonly sshConfig?: string | undefined
}

/** Of the process: DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY and DOCKER_CONFIG are read. */
export type EngineEnvironment = Readonly<Record<string, string | undefined>>

const LOCAL = process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock'
const SCHEMES = ['unix:', 'tcp:', 'http:', 'https:', 'ssh:', 'npipe:']
const ContextSchema = z.object({
  Name: z.string(),
  Endpoints: z.object({ docker: z.object({ Host: z.string() }) }),
})

/** @throws AppError LAB_HOST_OPTIONS (user) for an address or context that does not exist */
export async function engineAddress(
  settings: EngineSettings,
  environment: EngineEnvironment = process.env,
): Promise<EngineAddress> {
  const found = await findAddress(settings, environment)
  return settings.sshConfig === undefined ? found : { ...found, sshConfig: settings.sshConfig }
}

async function findAddress(settings: EngineSettings, environment: EngineEnvironment): Promise<EngineAddress> {
  if (settings.engine !== undefined)
    return address(settings.engine, settings.certificates, 'options.engine of the lab')
  if (settings.context !== undefined)
    return await contextAddress(settings.context, environment, 'options.context of the lab')
  const [host, context] = [environment['DOCKER_HOST'], environment['DOCKER_CONTEXT']]
  if (host !== undefined && host !== '') {
    const verify = (environment['DOCKER_TLS_VERIFY'] ?? '') !== ''
    const certificates = environment['DOCKER_CERT_PATH'] ?? (verify ? configFolder(environment) : undefined)
    return address(host, settings.certificates ?? (verify ? certificates : undefined), 'DOCKER_HOST')
  }
  if (context !== undefined && context !== '')
    return await contextAddress(context, environment, 'DOCKER_CONTEXT')
  const current = await currentContext(environment)
  return current === undefined
    ? address(LOCAL, undefined, 'the default')
    : await contextAddress(current, environment, 'the current Docker context')
}

function address(text: string, certificates: string | undefined, from: string): EngineAddress {
  const url = URL.parse(text)
  if (url === null || !SCHEMES.includes(url.protocol))
    throw new AppError('LAB_HOST_OPTIONS', 'user', `${from} names no container engine: ${text}`, {
      hint: 'write unix:///path/to.sock, tcp://host:2376, ssh://user@host or npipe:////./pipe/name',
    })
  return { url, from, ...(certificates === undefined ? {} : { certificates }) }
}

function configFolder(environment: EngineEnvironment): string {
  return environment['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
}

async function currentContext(environment: EngineEnvironment): Promise<string | undefined> {
  const text = await readFile(join(configFolder(environment), 'config.json'), 'utf8').catch(() => '{}')
  const parsed = z.object({ currentContext: z.string() }).safeParse(parseJson(text))
  return parsed.success && parsed.data.currentContext !== 'default' ? parsed.data.currentContext : undefined
}

async function contextAddress(
  name: string,
  environment: EngineEnvironment,
  from: string,
): Promise<EngineAddress> {
  if (name === 'default') return address(LOCAL, undefined, from)
  const [store, key] = [join(configFolder(environment), 'contexts'), sha256(name)]
  const text = await readFile(join(store, 'meta', key, 'meta.json'), 'utf8').catch(() => undefined)
  const parsed = ContextSchema.safeParse(text === undefined ? undefined : parseJson(text))
  if (!parsed.success)
    throw new AppError(
      'LAB_HOST_OPTIONS',
      'user',
      `${from} names the Docker context "${name}", which is not there`,
      {
        hint: 'see "docker context ls", or write options.engine in lab.yaml',
      },
    )
  const tls = join(store, 'tls', key, 'docker')
  const withTls = await readFile(join(tls, 'cert.pem')).then(
    () => true,
    () => false,
  )
  return address(parsed.data.Endpoints.docker.Host, withTls ? tls : undefined, `${from} (context ${name})`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
