/** A small real product: a daemon under the guest's supervisor, a rules file that it reads, a health probe. */
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { sha256 } from '../../src/kit/hash.ts'

const FILES: Readonly<Record<string, string>> = {
  netwatchd: '#!/bin/sh\ntouch /run/netwatch.ready\nwhile :; do sleep 1000 & wait $!; done\n',
  health:
    '#!/bin/sh\ngrep -q "^rules" /opt/netwatch/rules || { echo "rules are unreadable"; exit 3; }\necho "rules $(cat /opt/netwatch/rules)"\n',
  rules: 'rules 1\n',
  'netwatch.service': 'exec=/opt/netwatch/netwatchd\nready-file=/run/netwatch.ready\n',
}

async function writePackage(
  fileName: string,
  files: Readonly<Record<string, string>>,
  definition: object,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-package-'))
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text)
    await chmod(join(folder, name), 0o755)
  }
  const pinned = Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) }))
  await writeFile(join(folder, fileName), stringify({ version: 1, files: pinned, ...definition }))
  return folder
}

const place = (file: string, to: string, mode = '0644') => ({ file, to, mode })

/** Folder with product.yaml. */
export function writeNetwatch(): Promise<string> {
  return writePackage('product.yaml', FILES, {
    id: 'netwatch',
    title: 'Net Watch',
    release: '1',
    kind: 'script',
    recipes: {
      linux: {
        install: {
          place: [
            place('netwatchd', '/opt/netwatch/netwatchd', '0755'),
            place('health', '/opt/netwatch/health', '0755'),
            place('rules', '/opt/netwatch/rules'),
            place('netwatch.service', '/etc/ringzero-guest/services/netwatch.service'),
          ],
          restartServices: ['netwatch'],
        },
        verify: { services: ['netwatch'], run: [{ program: '/opt/netwatch/health' }] },
      },
    },
    health: {
      linux: {
        probe: { program: '/opt/netwatch/health' },
        services: ['netwatch'],
        protectedFiles: ['/opt/netwatch/netwatchd'],
        readyTimeoutSeconds: 1,
      },
    },
  })
}

/** Folder with candidate.yaml: new rules for Net Watch. */
export function writeRules(text: string): Promise<string> {
  return writePackage(
    'candidate.yaml',
    { 'rules.bin': text },
    {
      id: 'netwatch-rules',
      release: '2',
      kind: 'content',
      product: 'netwatch',
      recipes: {
        linux: {
          install: {
            place: [
              { file: 'rules.bin', to: '/opt/netwatch/rules' },
              { file: 'rules.bin', to: '/opt/netwatch/history/2' },
            ],
            restartServices: ['netwatch'],
          },
          stimuli: [{ program: '/opt/netwatch/health' }],
        },
      },
    },
  )
}
