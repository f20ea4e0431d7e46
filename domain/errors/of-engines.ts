import type { ErrorRow } from './error-row.ts'

/** What an engine's own log says beyond memory and arguments. */
export const ofEngines = {
  gpu_missing: {
    status: 502,
    class: 'fatal',
    title: 'The engine found no GPU',
    advice:
      'Does nvidia-smi work on the host? If not, reboot it; if it does, look whether docker has the NVIDIA container toolkit and the launch has --gpus all.',
  },
  image_unfit: {
    status: 502,
    class: 'fatal',
    title: 'The image was not built for this GPU',
    advice: 'Use an image built for GB10 (sm_121), e.g. the one of spark-vllm-docker.',
  },
  weights_broken: {
    status: 502,
    class: 'fatal',
    title: 'A file of the weights is not whole',
    advice: 'Delete the model from the disk of that host and download it again.',
  },
  hosts_not_joined: {
    status: 502,
    class: 'fatal',
    title: 'The parts of the model could not reach each other',
    advice:
      'Look at the cable between the hosts, at fabric_address, eth_if and ib_if in cluster.yaml, and whether the other host’s container came up.',
  },
} as const satisfies Record<string, ErrorRow>
