/** unattend.xml: setup without a person. Component names and passes: Microsoft's unattended setup reference. */
import { writeXml, type XmlNode } from './xml-document.ts'

export interface AnswerFileOptions {
  readonly user: string
  readonly password: string
  /** Of formats and keyboard. */
  readonly language: string
  /** Of the texts: a language that the media brings. */
  readonly texts: string
  readonly timeZone: string
  readonly computerName: string
  readonly productKey?: string
}

/**
 * The text of unattend.xml; it holds the password, so it is a secret itself.
 * @throws RangeError when a text cannot stand in XML
 */
export function writeAnswerFile(options: AnswerFileOptions): string {
  const { productKey } = options
  return writeXml({
    name: 'unattend',
    attributes: { xmlns: 'urn:schemas-microsoft-com:unattend' },
    content: [
      settings('specialize', [
        component('Microsoft-Windows-Shell-Setup', [
          text('ComputerName', options.computerName),
          text('TimeZone', options.timeZone),
          ...(productKey === undefined ? [] : [text('ProductKey', productKey)]),
        ]),
      ]),
      settings('oobeSystem', [
        component('Microsoft-Windows-International-Core', [
          ...['InputLocale', 'SystemLocale', 'UserLocale'].map((name) => text(name, options.language)),
          text('UILanguage', options.texts),
        ]),
        component('Microsoft-Windows-Shell-Setup', [
          node('OOBE', [
            text('HideEULAPage', 'true'),
            text('HideOEMRegistrationScreen', 'true'),
            text('HideOnlineAccountScreens', 'true'),
            text('HideWirelessSetupInOOBE', 'true'),
            text('ProtectYourPC', '3'),
          ]),
          node('UserAccounts', [
            node('AdministratorPassword', password(options.password, 'AdministratorPassword')),
            node('LocalAccounts', [
              {
                name: 'LocalAccount',
                attributes: { 'wcm:action': 'add' },
                content: [
                  text('Name', options.user),
                  text('Group', 'Administrators'),
                  node('Password', password(options.password, 'Password')),
                ],
              },
            ]),
          ]),
        ]),
      ]),
    ],
  })
}

/** Setup takes a password as base64 of UTF-16 with the element's name behind it: no encryption, but not readable in passing. */
function password(value: string, element: string): XmlNode[] {
  return [
    text('Value', Buffer.from(`${value}${element}`, 'utf16le').toString('base64')),
    text('PlainText', 'false'),
  ]
}

function settings(pass: string, content: readonly XmlNode[]): XmlNode {
  return { name: 'settings', attributes: { pass }, content }
}

function component(name: string, content: readonly XmlNode[]): XmlNode {
  return {
    name: 'component',
    attributes: {
      name,
      processorArchitecture: 'amd64',
      publicKeyToken: '31bf3856ad364e35',
      language: 'neutral',
      versionScope: 'nonSxS',
      'xmlns:wcm': 'http://schemas.microsoft.com/WMIConfig/2002/State',
    },
    content,
  }
}

function node(name: string, content: readonly XmlNode[]): XmlNode {
  return { name, content }
}

function text(name: string, content: string): XmlNode {
  return { name, content }
}
