/** What a PowerShell of ours gets to see of our environment: nothing that could be a secret. */

/**
 * What Windows, its modules and .NET look for. Everything else stays behind: a lab keeps passwords and licence keys in
 * variables of names of its own, a build server its tokens, and each child process of a host's PowerShell would have them.
 */
const KNOWN = new Set(
  (
    'allusersprofile appdata commonprogramfiles commonprogramfiles(x86) commonprogramw6432 computername comspec driverdata ' +
    'home homedrive homepath lang localappdata logonserver number_of_processors os path pathext processor_architecture ' +
    'processor_identifier processor_level processor_revision programdata programfiles programfiles(x86) programw6432 public ' +
    'systemdrive systemroot temp tmp tmpdir tz userdomain username userprofile windir'
  ).split(' '),
)
/** Settings of the engine and its runtime, as POWERSHELL_TELEMETRY_OPTOUT and DOTNET_ROOT. */
const SETTINGS = /^(?:powershell|dotnet)_/

/**
 * The environment of a PowerShell on `platform`. Windows PowerShell finds its module path by itself; a path that came from
 * PowerShell 7 through Node would give it the modules of the other.
 */
export function powerShellEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Readonly<Record<string, string>> {
  const known = Object.entries(own).filter(([name]) => {
    const lower = name.toLowerCase()
    return KNOWN.has(lower) || SETTINGS.test(lower) || (lower === 'psmodulepath' && platform !== 'win32')
  })
  return Object.fromEntries(known.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
