/** Builds the installers that the tests apply: real MSI packages and real setup programs, made on this computer. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../../src/kit/process.ts'
import { makeTransform } from './make-transform.ts'

/** Properties that steer the package: GREETING goes to the registry, BREAK=1 fails after files were copied, RESTART=1 asks for one. */
const SENSOR = `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="11111111-2222-4333-8444-555555555501" Name="Sensor" Version="1.2.3" Manufacturer="Acme" Language="1033" UpgradeCode="11111111-2222-4333-8444-5555555555ff">
    <Package InstallerVersion="200" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="sensor.cab" EmbedCab="yes"/>
    <Property Id="GREETING" Value="none"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLDIR" Name="Acme Sensor">
          <Component Id="Main" Guid="11111111-2222-4333-8444-5555555555a1" Win64="yes">
            <File Id="rules" Name="rules.bin" Source="rules.bin" KeyPath="yes"/>
            <RegistryValue Root="HKLM" Key="SOFTWARE\\Acme Sensor" Name="Greeting" Type="string" Value="[GREETING]"/>
          </Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="All" Level="1"><ComponentRef Id="Main"/></Feature>
    <InstallExecuteSequence>
      <Custom Action="Fail" After="InstallFiles">BREAK = 1</Custom>
      <ScheduleReboot After="InstallFinalize">RESTART = 1</ScheduleReboot>
    </InstallExecuteSequence>
  </Product>
</Wix>
`
/** wixl writes no action that runs a program in a folder (type 34), deferred and as the system (1024 + 2048). */
const FAIL = `INSERT INTO CustomAction (Action, Type, Source, Target) VALUES ('Fail', 3106, 'TARGETDIR', 'C:\\windows\\system32\\cmd.exe /c exit 1')`

const HEAD = 'Unicode true\nRequestExecutionLevel admin\nSilentInstall silent\n'
const SETUP_PROGRAMS: Readonly<Record<string, string>> = {
  silent: `InstallDir "C:\\AcmeSetup"
Section
  SetOutPath "$INSTDIR"
  File rules.bin
  WriteUninstaller "$INSTDIR\\uninstall.exe"
SectionEnd
Section Uninstall
  Delete "$INSTDIR\\rules.bin"
  Delete "$INSTDIR\\uninstall.exe"
  RMDir "$INSTDIR"
SectionEnd`,
  restart: 'Section\n  SetErrorLevel 3010\nSectionEnd',
  busy: 'Section\n  SetErrorLevel 1618\nSectionEnd',
  // Without /SD a message box is shown in silent mode, too.
  question: 'Section\n  MessageBox MB_YESNO "Go on?"\nSectionEnd',
  endless: 'Section\n  again:\n  Sleep 1000\n  Goto again\nSectionEnd',
  // What stays keeps the pipes of its parent open.
  'leaves-child': `Section\n  Exec '"$SYSDIR\\cmd.exe" /d /c "echo child & ping -n 600 127.0.0.1"'\nSectionEnd`,
}

/** Makes FOLDER/packages. @throws Error naming the program that is missing or refused; nothing else can be tested then */
export async function makePackages(folder: string): Promise<void> {
  const packages = join(folder, 'packages')
  mkdirSync(packages)
  const put = (name: string, text: string): void => writeFileSync(join(packages, name), text)
  put('rules.bin', 'rules v1\r\n')
  put('sensor.wxs', SENSOR)
  await must(packages, 'wixl', ['-a', 'x64', '-o', 'sensor.msi', 'sensor.wxs'])
  await must(packages, 'msibuild', ['sensor.msi', '-q', FAIL])
  writeFileSync(join(packages, 'sensor.mst'), makeTransform({ GREETING: 'from the transform' }))
  for (const [name, text] of Object.entries(SETUP_PROGRAMS)) {
    put(`${name}.nsi`, `${HEAD}Name "${name}"\nOutFile "${name}.exe"\n${text}\n`)
    await must(packages, 'makensis', ['-V1', `${name}.nsi`])
  }
}

async function must(cwd: string, program: string, words: readonly string[]): Promise<void> {
  const done = await runProgram(program, words, { cwd, timeoutMs: 60_000 })
  if (done.exitCode === 0) return
  const said =
    done.startError === 'ENOENT' ? 'is missing: apt-get install wixl msitools nsis' : done.stderr.toString()
  throw new Error(`${program} ${said}`)
}
