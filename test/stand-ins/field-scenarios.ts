/**
 * Candidates that broke real machines in ways that a run once did not tell, or told wrongly. Shell scripts for the small Linux
 * guest; what each must come to stands beside it.
 */
import type { SymptomClass } from '../../src/model/symptom.ts'
import type { Blame, Outcome } from '../../src/model/verdict.ts'

export interface FieldScenario {
  readonly id: string
  readonly says: string
  /** Runs in the guest after a small tool was put into /opt/tool; `boot` adds to the early start of the system. */
  readonly install: string
  readonly boot?: string
  /** Runs before /opt/tool is removed. */
  readonly uninstall?: string
  readonly reboot?: 'always'
  /** Value of the matrix' products axis. */
  readonly products?: readonly string[]
  readonly memoryMiB?: number
  readonly network?: boolean
  readonly soakSeconds?: number
  /** One of these classes must be shown as the cell's. */
  readonly right: {
    readonly outcome: Outcome
    readonly blame: Blame
    readonly classes: readonly SymptomClass[]
    readonly phase?: string
    /** Recovery step that must bring it back. */
    readonly recovery?: string
    /** Words that the reason or a symptom must hold. */
    readonly words?: readonly string[]
  }
}

const fail = (
  classes: readonly SymptomClass[],
  more: Partial<FieldScenario['right']> = {},
): FieldScenario['right'] => ({ outcome: 'fail', blame: 'candidate', classes, ...more })

/** Changes the way a machine restarts. */
const POWER: readonly FieldScenario[] = [
  {
    id: '19c',
    says: 'turns an asked restart into a power-off',
    install:
      'rm -f /sbin/reboot; printf "#!/bin/sh\\nexec poweroff\\n" >/sbin/reboot; chmod 755 /sbin/reboot',
    uninstall: 'rm -f /sbin/reboot; ln -s end /sbin/reboot',
    right: fail(['unexpected-power-off'], { phase: 'restart' }),
  },
  {
    id: '25',
    says: 'ignores requests to restart',
    install: 'rm -f /sbin/reboot; printf "#!/bin/sh\\nexit 0\\n" >/sbin/reboot; chmod 755 /sbin/reboot',
    right: fail(['restart-ignored'], { phase: 'restart' }),
  },
  {
    id: '19d',
    says: 'switches the machine off cleanly while it is at rest',
    install: '(sleep 20; /sbin/poweroff) >/dev/null 2>&1 </dev/null &',
    right: fail(['unexpected-power-off']),
  },
  {
    id: '25b',
    says: 'turns an asked power-off into a restart',
    install:
      'rm -f /sbin/poweroff; printf "#!/bin/sh\\nexec /sbin/reboot\\n" >/sbin/poweroff; chmod 755 /sbin/poweroff',
    right: fail(['power-off-failed'], { phase: 'restart' }),
  },
  {
    id: '25c',
    says: 'does not go off when it is asked to',
    install: 'rm -f /sbin/poweroff; printf "#!/bin/sh\\nexit 0\\n" >/sbin/poweroff; chmod 755 /sbin/poweroff',
    right: fail(['power-off-failed'], { phase: 'restart' }),
  },
  {
    id: '23c',
    says: 'restarts the machine from its installer, which its recipe allows',
    install: 'sync; reboot; sleep 60',
    reboot: 'always',
    right: { outcome: 'pass', blame: 'none', classes: [] },
  },
  {
    id: '23d',
    says: 'restarts the machine from its installer, which its recipe does not allow',
    install: 'sync; reboot; sleep 60',
    right: fail(['unexpected-restart'], { phase: 'install' }),
  },
]

const NUMBERS: readonly FieldScenario[] = [
  {
    id: '20',
    says: 'leaves three hundred processes',
    install: `cat >/opt/tool/many <<'END'
#!/bin/sh
i=0
while [ $i -lt 300 ]; do sleep 100000 & i=$((i+1)); done
wait
END
chmod 755 /opt/tool/many
printf 'exec=/opt/tool/many\\n' >/etc/ringzero-guest/services/many.service
/usr/lib/ringzero-guest/service start many`,
    uninstall:
      '/usr/lib/ringzero-guest/service stop many; rm -f /etc/ringzero-guest/services/many.service /run/ringzero-guest/services/many',
    memoryMiB: 320,
    right: fail(['resource-growth']),
  },
  {
    id: '21b',
    says: 'writes twenty thousand error events',
    install: `i=0; s=$(date +%s); read -r b </var/lib/ringzero-guest/boot-count
while [ $i -lt 20000 ]; do printf '%s\\t%s\\terror\\ttool\\t77\\tsomething is wrong with item %s\\n' $s $b $i; i=$((i+1)); done >>/var/log/ringzero-guest/events.log`,
    right: fail(['event-flood'], { words: ['20000'] }),
  },
]

export const FIELD_SCENARIOS: readonly FieldScenario[] = [...POWER, ...NUMBERS]
