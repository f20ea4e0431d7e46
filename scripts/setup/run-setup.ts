import { prepare } from '../../activities/discovery/prepare.ts'
import type { Visit } from '../../activities/discovery/visit.ts'
import { ownPlaces, type Places } from '../../config/places.ts'
import { saveEntries } from '../../config/setup-files.ts'
import { setupState } from '../../config/setup-state.ts'
import { chosenOf, hostsToPrepare } from '../../domain/discovery/choice.ts'
import type { HostDiscovery } from '../../domain/discovery/discovery.ts'
import { propose } from '../../domain/discovery/propose.ts'
import { setupFiles, type ProposedEntry } from '../../domain/discovery/proposal.ts'
import type { HostAddress } from '../../domain/discovery/visit.ts'
import type { Asker } from './ask.ts'
import { visitHost } from './visit-host.ts'
import { addressIn, type SetupWords } from './words.ts'

/** All of set-up without Temporal: the same looks, proposals and files as the page has. True when something was written, or nothing was asked to be. Throws `Problem`. */
export async function runSetup(words: SetupWords, places: Places, asker: Asker, timing?: Visit['timing']): Promise<boolean> {
  const { keysDir, configDir } = ownPlaces(places)
  const { existing, stamp } = setupState(places)
  const found = await lookAround(words, { asker, keysDir, timing })
  if (found.length === 0) return false
  const { entries, remarks } = propose(found, existing)
  for (const remark of remarks) asker.say(`- ${remark}`)
  const ids: string[] = []
  for (const file of setupFiles) {
    const offered = entries.filter((entry) => entry.file === file)
    if (offered.length > 0) asker.say(`\n${file}`)
    ids.push(...(await tick(offered, asker)))
  }
  if (words.dryRun) {
    asker.say('\nThis was a dry run: nothing was written.')
    return true
  }
  if (ids.length === 0) {
    asker.say('\nNothing was chosen, nothing was written.')
    return true
  }
  const fresh = existing.cluster === null
  const name = words.clusterId ?? (fresh ? await asker.text('\nThe name of this cluster', 'home') : undefined)
  const chosen = chosenOf(entries, ids, name)
  if (!(await asker.confirm(`\nWrite these ${chosen.length} entries into ${configDir}?`, true))) {
    asker.say('Nothing was written.')
    return true
  }
  for (const { name: host, ready, message } of await Promise.all(hostsToPrepare(chosen, found).map((host) => prepare(host, keysDir, timing))))
    asker.say(`${host}: ${ready ? '' : 'NOT READY: '}${message}`)
  for (const { path, replaced } of await saveEntries(places, chosen, stamp))
    asker.say(`Written: ${path}${replaced.length === 0 ? '' : ` (changed there: ${replaced.join(', ')})`}`)
  asker.say(
    places.demo && places.own === undefined
      ? ''
      : 'A Spark Control that runs takes it up by itself (the demo of `npm start` ends and your cluster starts in its place). Else: npm start',
  )
  return true
}

/** The machines that were named, then those that they know. */
async function lookAround(words: SetupWords, way: { asker: Asker; keysDir: string; timing?: Visit['timing'] | undefined }): Promise<HostDiscovery[]> {
  const { asker } = way
  const wanted: HostAddress[] = [...words.hosts]
  if (wanted.length === 0) {
    const asked = await asker.text('The address of your Spark ([user@]address[:port])', '')
    const host = asked === '' ? 'No address: say --address' : addressIn(asked, 'spark', '22')
    if (typeof host === 'string') {
      asker.say(host)
      return []
    }
    wanted.push(host)
  }
  const found: HostDiscovery[] = []
  const tried = new Set<string>()
  for (let host = wanted.shift(); host !== undefined; host = wanted.shift()) {
    const key = `${host.address}:${host.port}`
    if (tried.has(key)) continue
    const discovery = await visitHost(host, { ...way, fingerprint: tried.size === 0 ? words.fingerprint : undefined })
    tried.add(key)
    if (discovery === null) continue
    found.push(discovery)
    asker.say(summary(discovery))
    for (const peer of discovery.peers) {
      if (found.some((one) => one.address === peer.address || (one.hostname !== null && one.hostname === peer.hostname))) continue
      const name = `${peer.hostname ?? 'another Spark'} at ${peer.address}`
      if (!asker.someone) asker.say(`It knows ${name} (${peer.because}). To add it: --address ${peer.user ?? host.user}@${peer.address}`)
      else if (await asker.confirm(`It knows ${name} (${peer.because}). Add it, too?`, true))
        wanted.push({ address: peer.address, user: peer.user ?? host.user, port: host.port })
    }
  }
  return found
}

async function tick(entries: readonly ProposedEntry[], asker: Asker): Promise<string[]> {
  const one = (entry: ProposedEntry): string =>
    `  [${entry.ticked ? 'x' : ' '}] ${entry.id}: ${entry.title}\n      ${entry.because}${entry.note === null ? '' : `; ${entry.note}`}${fieldsOf(entry)}`
  for (const entry of entries.slice(0, 60)) asker.say(one(entry))
  if (entries.length > 60) asker.say(`  … and ${entries.length - 60} more: the page "Add your Sparks" shows them all`)
  const usual = entries.filter(({ ticked }) => ticked).map(({ id }) => id)
  if (entries.length === 0) return usual
  const known = new Set(entries.map(({ id }) => id))
  for (;;) {
    const words = (await asker.text('  Enter takes those with [x]; or change some by their ids (+id -id), or `none`', ''))
      .split(/[\s,]+/)
      .filter((word) => word !== '')
    const picked = new Set(words.includes('none') ? [] : usual)
    const unknown = words.filter((word) => word !== 'none' && !known.has(word.replace(/^[+-]/, '')))
    for (const word of words) {
      if (word.startsWith('-')) picked.delete(word.slice(1))
      else picked.add(word.replace(/^\+/, ''))
    }
    picked.delete('none')
    if (unknown.length === 0) return [...picked]
    asker.say(`  There is no ${unknown.join(', ')}.`)
  }
}

const fieldsOf = ({ sources, value }: ProposedEntry): string =>
  Object.entries(sources)
    .map(([field, because]) => `\n        ${field}: ${JSON.stringify((value as Record<string, unknown>)[field])} (${because})`) // sources name fields of the value
    .join('')

function summary({ address, hostname, gpu, memory_bytes: memory, system, docker, launcher, caches, engines, services }: HostDiscovery): string {
  const models = caches.flatMap((cache) => cache.models)
  const whole = models.filter((model) => model.state === 'complete').length
  return [
    `\n${hostname ?? address}: ${gpu?.name ?? 'no GPU'}, ${memory === null ? 'memory unknown' : `${Math.round(memory / 2 ** 30)} GiB`}${system === null ? '' : `, ${system}`}`,
    `  Docker ${docker.ok ? 'works' : 'does not work'}; spark-vllm-docker ${launcher === null ? 'is not there' : `in ${launcher.dir}`}`,
    `  ${whole} models cached whole, ${models.length - whole} in part; ${engines.length} running vLLM, ${services.length} other services`,
  ].join('\n')
}
