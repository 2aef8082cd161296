/** Opens the provider on the stand-in Hyper-V, whose machines are real QEMU machines; loaded by the contract suite, too. */
import { access, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { runProgram } from '../../../../src/kit/process.ts'
import { hyperVProviderFactory } from '../../../../src/plugins/providers/hyper-v/hyper-v-provider.ts'
import type { BootSource, Provider } from '../../../../src/sdk/provider.ts'
import { powerShellHost, standInModules } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { linuxMicro } from '../../../stand-ins/linux-micro.ts'

const CACHE = join(homedir(), '.cache', 'ringzero-tests')

/** The provider, with a Hyper-V of its own in the state folder. */
export async function open(stateFolder: string): Promise<Provider> {
  const store = join(stateFolder, 'stand-in')
  await mkdir(store, { recursive: true })
  await copyFile(join(await standInFolder(), 'kernel.json'), join(store, 'kernel.json'))
  process.env['POWERSHELL_HOST_STORE'] = store
  process.env['PSModulePath'] = standInModules
  process.env['POWERSHELL_HOST_MODULES'] = ['Hyper-V', 'WindowsHost']
    .map((name) => join(standInModules, name))
    .join(delimiter)
  return await hyperVProviderFactory.open({
    name: 'contract',
    options: { powerShell: await powerShellHost(), minimumFreeGiB: 1 },
    stateFolder,
    secret: (name) => (name === 'guest-password' ? 'p"a$(s)s' : 'wrong'),
  })
}

/**
 * The small Linux guest as the stand-in starts it. It says that it is Windows, since only Windows guests have what the
 * provider needs; its disk is a QCOW2 file by another name, because QEMU saves no running state beside a real VHDX.
 */
export async function standInSource(): Promise<BootSource> {
  const { sha256 } = await linuxMicro()
  return {
    sha256,
    os: 'windows',
    disk: join(await standInFolder(), 'disk.vhdx'),
    diskFormat: 'vhdx',
    credentials: { user: 'administrator', secret: 'guest-password' },
  }
}

async function standInFolder(): Promise<string> {
  const source = await linuxMicro()
  const folder = join(CACHE, `stand-in-${source.sha256.slice(0, 16)}`)
  if (await exists(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const work = await mkdtemp(`${folder}.`)
  const raw = join(work, 'raw')
  const store = join(work, 'BCD')
  await writeFile(store, 'a boot store')
  await run('qemu-img', ['convert', '-O', 'raw', source.disk, raw])
  const commands = [
    'mkdir /EFI',
    'mkdir /EFI/Microsoft',
    'mkdir /EFI/Microsoft/Boot',
    `write ${store} /EFI/Microsoft/Boot/BCD`,
  ]
  await writeFile(join(work, 'commands'), commands.join('\n'))
  await run('debugfs', ['-w', '-f', join(work, 'commands'), raw])
  await run('qemu-img', ['convert', '-O', 'qcow2', raw, join(work, 'disk.vhdx')])
  await rm(raw)
  await writeFile(join(work, 'kernel.json'), JSON.stringify(source.kernel))
  await rename(work, folder).catch(async (error: unknown) => {
    if (!(await exists(folder))) throw error
  })
  return folder
}

async function run(program: string, words: readonly string[]): Promise<void> {
  const finished = await runProgram(program, words)
  if (finished.exitCode !== 0)
    throw new Error(`${program}: ${finished.startError ?? finished.stderr.toString()}`)
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
