import type { Status } from '../../domain/status.ts'
import { apiRequests } from '../api-requests.ts'
import { curlDetails } from '../as-curl.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'

/** The page "Add your Sparks": what happens, and where it begins. */
export const setupRegions = (status: Status, origin: string): Regions => ({ problems: problemBanner(status), setup: beginning(status, origin) })

const beginning = ({ demo, hosts, parts }: Status, origin: string): Html => html`
  <section id="setup" aria-labelledby="setup-title">
    <h2 id="setup-title">One address in, a working catalog out</h2>
    <p>
      ${
        demo
          ? html`What you see now are two simulated Sparks. When your own are saved, the demo makes room for them.`
          : html`${hosts.length === 0 ? 'No host is configured yet.' : html`This cluster has ${hosts.map(({ name }) => name).join(', ')}. Others can be added.`}`
      }
    </p>
    <ol class="steps">
      <li>Its <strong>host key</strong> is shown; you compare it. Nothing is done on it before.</li>
      <li>The <strong>login</strong> is tried with our own key. Where it fails, you see the file and the line that are missing.</li>
      <li>It is <strong>looked at</strong>, 15 seconds at most: GPU, Docker, launchers, models on its disk, what runs. Nothing is changed there.</li>
      <li>You <strong>choose</strong> what is written into your files. A model that runs now goes on running.</li>
    </ol>
    ${dialogButton({
      id: 'add-host',
      label: 'Add a Spark…',
      about: '',
      url: paths.addHostDialog(null),
      permit: parts.worker.ok
        ? { allowed: true }
        : { allowed: false, reason: 'No worker answers: it is the one that looks. In a terminal: npm run setup' },
      look: 'primary',
    })}
    <p class="muted">In a terminal, without this page: <code>npm run setup -- --address spark@192.168.1.11</code></p>
    ${curlDetails([apiRequests.discoverHost({ address: '192.168.1.11', user: 'spark', port: 22 })], origin)}
  </section>
`
