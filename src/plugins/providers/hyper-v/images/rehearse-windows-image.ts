/** Everything that a build of a Windows image would run, in order and with its arguments, without running any of it. */
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { assetPath } from '../../../../kit/assets.ts'
import { hashJson } from '../../../../kit/hash.ts'
import { oneLine } from '../../../../kit/text.ts'
import type { LabImage } from '../../../../model/lab.ts'
import {
  answerFileOf,
  applyCall,
  DISK,
  firstStartCall,
  inspectCall,
  settingsCall,
  type BuildCall,
  type CallInputs,
} from './build-calls.ts'
import { rehearseScript, SeenLater } from './rehearse-script.ts'
import { readWindowsBuild } from './read-windows-build.ts'
import { scriptPath } from './windows-inputs.ts'

/** Stands where the password would: it is encoded in the answer file, so that it can only be replaced there. */
const PASSWORD = 'P'
const GUEST_SCRIPTS = ['setup-state', 'finish-guest', 'publish-start']

/**
 * Lines for a person to read before the build gets its hour. Files of the lab need not be there; files that are not are
 * named. No secret is read.
 * @throws AppError LAB_IMAGE_BUILD (user) for a wrong entry
 */
export async function rehearseWindowsImage(
  image: LabImage,
  labFolder: string,
  builds: string,
): Promise<readonly string[]> {
  const options = readWindowsBuild(image)
  const path = (name: string): string => resolve(labFolder, name)
  const inputs: CallInputs = {
    options,
    // The real one is made of the hashes of all inputs, which takes minutes.
    key: hashJson(['rehearsal', image]),
    iso: { path: path(options.iso) },
    updates: options.updates.map((name) => ({ path: path(name) })),
    drivers: options.drivers.map((name) => ({ path: path(name) })),
  }
  const folder = join(builds, inputs.key.slice(0, 16))
  const edition = JSON.stringify(options.edition)
  const media = {
    index: new SeenLater(`number of the edition ${edition} on the media`),
    texts:
      options.language === undefined ? false : new SeenLater(`$true if the media has ${options.language}`),
  }
  const texts = options.language ?? 'the language of the media'
  const shown = new Set<string>()
  return [
    ...(await heading(image, inputs, folder)),
    ...(await step('1 of 5: what is on the media', inspectCall(inputs, folder), shown)),
    ...(await step(
      '2 of 5: the disk, Windows on it, and its boot files',
      applyCall(inputs, folder, media),
      shown,
    )),
    ...(await step('3 of 5: settings and the answer file', settingsCall(folder), shown)),
    '### the answer file; each <Value> of a password is the Base64 of the real one and the name of its element',
    ...withoutPasswords(answerFileOf(image, options, texts, PASSWORD)).split('\n'),
    '',
    ...(await step('4 of 5: one start that ends setup', firstStartCall(image, inputs, folder), shown)),
    ...(await guestScripts()),
    '### 5 of 5: sealing, by ringzero itself',
    `# ${join(folder, DISK)} is moved into the store, made read-only, and its sha256 is written into its manifest`,
  ]
}

async function heading(image: LabImage, inputs: CallInputs, folder: string): Promise<readonly string[]> {
  const files = [inputs.iso, ...inputs.updates, ...inputs.drivers].map((file) => file.path)
  const missing: string[] = []
  for (const file of files) {
    const isThere = await stat(file).then(
      () => true,
      () => false,
    )
    if (!isThere) missing.push(file)
  }
  return [
    `### image ${image.id}: what a build would run, in this order; nothing of it is run now`,
    '# Each step is a script on the host, elevated, in Windows PowerShell. Values of this lab stand in it as they would',
    '# arrive; $names are found out while it runs; <…> is known to the real build alone.',
    `# ${oneLine(folder, 400)} has another name then: it is made of the hashes of all inputs.`,
    ...missing.map((file) => `# not there yet: ${oneLine(file, 400)}`),
    '',
  ]
}

async function step(title: string, call: BuildCall, shown: Set<string>): Promise<readonly string[]> {
  const bridge = assetPath('plugins/providers/hyper-v/scripts/bridge.ps1')
  const libraries = await Promise.all([bridge, ...call.libraries].map((library) => readFile(library, 'utf8')))
  const text = await readFile(call.script, 'utf8')
  return [`### ${title}`, ...rehearseScript({ text, libraries, parameters: call.parameters, shown })]
}

async function guestScripts(): Promise<readonly string[]> {
  const lines: string[] = []
  for (const name of GUEST_SCRIPTS) {
    const text = await readFile(scriptPath(name), 'utf8')
    lines.push(`### in the guest, within step 4: ${name}.ps1`, ...text.trimEnd().split(/\r?\n/), '')
  }
  return lines
}

function withoutPasswords(answerFile: string): string {
  return answerFile.replaceAll(/<Value>[^<]*<\/Value>/g, '<Value>the secret</Value>')
}
