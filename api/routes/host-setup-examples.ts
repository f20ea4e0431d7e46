import type { DiscoveryView, SaveSetupBody, SetupProposal, SetupSaved } from '../../domain/discovery/view.ts'

const id = '0b8f2f0e-5a5f-4c2e-9a56-3f1f0c7d2b11'

export const discovering: DiscoveryView = {
  discovery_id: id,
  address: '192.168.1.11',
  port: 22,
  user: 'spark',
  state: 'running',
  step: 'host_key',
  message: null,
  advice: null,
  host_key: null,
  login: null,
  found: null,
  started_at: '2026-09-20T12:00:00.000Z',
  ended_at: null,
}

export const askedForKey: DiscoveryView = {
  ...discovering,
  state: 'confirm_host_key',
  step: null,
  message: 'Compare the fingerprint at the host itself, then confirm it. Nothing was done there yet.',
  host_key: {
    type: 'ssh-ed25519',
    fingerprint: 'SHA256:3R2lUo0hW2cVw7Jr0t6y4yW8mQyqzvYk1Fz2hJ0p9aE',
    pinned: [],
    compare_with: 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  },
  ended_at: '2026-09-20T12:00:01.000Z',
}

export const setupProposal: SetupProposal = {
  discoveries: [id],
  entries: [
    {
      id: 'host:spark-1',
      file: 'cluster.yaml',
      title: 'spark-1: NVIDIA GB10, 122 GiB',
      value: { name: 'spark-1', address: '192.168.1.11', user: 'spark', vllm_port: 8000 },
      because: 'found by SSH at 192.168.1.11',
      sources: { vllm_port: 'container vllm-gemma4 serves there now: clients stay as they are' },
      ticked: true,
      state: 'new',
      note: null,
    },
  ],
  remarks: [],
  peers: [{ address: '192.168.1.12', user: 'spark', hostname: 'spark-2', because: 'CLUSTER_NODES in the .env of spark-vllm-docker' }],
  based_on: '5c1f0d6e7a8b9c0d1e2f3a4b5c6d7e8f',
  config_dir: '/opt/spark-control/data/config',
  then: 'The files are read again by themselves within seconds.',
}

export const toSave: SaveSetupBody = { discoveries: [id], entries: ['host:spark-1'], based_on: setupProposal.based_on }

export const savedSetup: SetupSaved = {
  written: [{ file: 'cluster.yaml', path: '/opt/spark-control/data/config/cluster.yaml', replaced: [] }],
  hosts: [{ name: 'spark-1', ready: true, message: 'the fence has its place in /var/lib/spark-control' }],
  then: setupProposal.then,
}
