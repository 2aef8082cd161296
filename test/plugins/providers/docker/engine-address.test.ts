import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256 } from '../../../../src/kit/hash.ts'
import { engineAddress } from '../../../../src/plugins/providers/docker/engine-address.ts'

let config: string

/** As the docker command stores contexts (docker/cli, cli/context/store). */
async function addContext(name: string, host: string, withTls: boolean): Promise<void> {
  const key = sha256(name)
  await mkdir(join(config, 'contexts/meta', key), { recursive: true })
  const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }
  await writeFile(join(config, 'contexts/meta', key, 'meta.json'), JSON.stringify(meta))
  if (!withTls) return
  await mkdir(join(config, 'contexts/tls', key, 'docker'), { recursive: true })
  await writeFile(join(config, 'contexts/tls', key, 'docker/cert.pem'), 'x')
}

beforeAll(async () => {
  config = await mkdtemp(join(tmpdir(), 'rz-docker-config-'))
  await writeFile(join(config, 'config.json'), JSON.stringify({ currentContext: 'farm' }))
  await addContext('farm', 'ssh://builder@farm.example:2222', false)
  await addContext('safe', 'tcp://engine.example:2376', true)
})
afterAll(async () => await rm(config, { recursive: true, force: true }))

async function found(
  settings: Parameters<typeof engineAddress>[0],
  environment: Record<string, string> = {},
): Promise<string> {
  const { url, certificates } = await engineAddress(settings, { DOCKER_CONFIG: config, ...environment })
  return certificates === undefined ? url.href : `${url.href} with ${certificates.replace(config, '~')}`
}

it('takes what the lab names before anything else', async () => {
  const environment = { DOCKER_HOST: 'unix:///elsewhere.sock' }
  expect(await found({ engine: 'unix:///run/engine.sock' }, environment)).toBe('unix:///run/engine.sock')
  expect(await found({ engine: 'tcp://h:2376', certificates: '/certs' })).toBe('tcp://h:2376 with /certs')
  expect(await found({ context: 'safe' }, environment)).toMatch(
    /^tcp:\/\/engine\.example:2376 with ~[\\/]contexts[\\/]tls[\\/]/,
  )
})

it('takes DOCKER_HOST before the current context, with certificates where TLS is asked for', async () => {
  expect(await found({}, { DOCKER_HOST: 'tcp://h:2375' })).toBe('tcp://h:2375')
  expect(
    await found({}, { DOCKER_HOST: 'tcp://h:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }),
  ).toBe('tcp://h:2376 with /certs')
})

it('follows DOCKER_CONTEXT, then the current context of the docker command, then the local socket', async () => {
  expect(await found({}, { DOCKER_CONTEXT: 'safe' })).toMatch(/^tcp:\/\/engine\.example/)
  expect(await found({})).toBe('ssh://builder@farm.example:2222')
  expect(await found({}, { DOCKER_CONFIG: join(config, 'none') })).toMatch(/docker/)
  expect(await found({}, { DOCKER_CONTEXT: 'default' })).toMatch(/docker/)
})

it.each([
  [{ engine: 'not a place' }, 'options.engine of the lab names no container engine: not a place'],
  [{ engine: 'ftp://h' }, 'names no container engine: ftp://h'],
  [{ context: 'gone' }, 'names the Docker context "gone", which is not there'],
])('refuses %o', async (settings, message) => {
  await expect(found(settings)).rejects.toMatchObject({
    code: 'LAB_HOST_OPTIONS',
    fault: 'user',
    message: expect.stringContaining(message) as string,
  })
})
