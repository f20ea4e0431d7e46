import type { Machine } from './machine.ts'
import { waitMs } from './pace.ts'
import type { Tool } from './door.ts'

/** A GB10 as `nvidia-smi` shows it: one GPU, no memory figures of its own, real ones per process. */
export function nvidiaSmi(machine: Machine): Tool {
  return async (call) => {
    const { gpuTrouble } = machine.behaviour
    if (gpuTrouble === 'no_driver') {
      call.out(noDriver)
      return 9
    }
    if (gpuTrouble !== null) await waitMs(1000 * gpuTrouble.hangs_s, call.gone)
    const option = (name: string): string | undefined => {
      const at = call.args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`))
      const arg = call.args[at]
      return arg === undefined ? undefined : arg.includes('=') ? arg.slice(name.length + 1) : call.args[at + 1]
    }
    const format = (option('--format') ?? '').split(',')
    const gpu = option('--query-gpu')
    const apps = option('--query-compute-apps')
    const rows =
      gpu !== undefined
        ? table(gpu.split(','), [gpuFields(machine)], format)
        : apps !== undefined
          ? table(apps.split(','), computeApps(machine), format)
          : null
    if (typeof rows === 'string') {
      call.out(`Field "${rows}" is not a valid field to query.\n`)
      return 2
    }
    if (call.args.includes('-L') || call.args.includes('--list-gpus'))
      call.out('GPU 0: NVIDIA GB10 (UUID: GPU-6f0a2b1c-3d4e-5f60-7182-93a4b5c6d7e8)\n')
    else call.out(rows === null ? overview(machine) : rows.map((row) => `${row}\n`).join(''))
    return 0
  }
}

const noDriver =
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n"

type Field = string | readonly [value: string, unit: string]

function gpuFields(machine: Machine): Record<string, Field> {
  const engines = [...machine.engines]
  const busy = engines.some(({ isAtWork }) => isAtWork)
  const warm = engines.length > 0
  return {
    index: '0',
    count: '1',
    name: 'NVIDIA GB10',
    uuid: 'GPU-6f0a2b1c-3d4e-5f60-7182-93a4b5c6d7e8',
    'pci.bus_id': '0000000F:01:00.0',
    driver_version: '580.95.05',
    'memory.total': '[N/A]',
    'memory.used': '[N/A]',
    'memory.free': '[N/A]',
    'utilization.gpu': [busy ? '94' : '0', '%'],
    'utilization.memory': ['0', '%'],
    'power.draw': [busy ? '62.41' : warm ? '12.83' : '11.17', 'W'],
    'power.limit': '[N/A]',
    'fan.speed': '[N/A]',
    'temperature.gpu': busy ? '68' : warm ? '47' : '43',
    'clocks.gr': [warm ? '2418' : '208', 'MHz'],
    'clocks.max.sm': ['3003', 'MHz'],
    'clocks.mem': '[N/A]',
    'clocks.sm': [warm ? '2418' : '208', 'MHz'],
    'clocks.current.sm': [warm ? '2418' : '208', 'MHz'],
    pstate: warm ? 'P0' : 'P8',
    compute_cap: '12.1',
  }
}

function computeApps(machine: Machine): Record<string, Field>[] {
  return machine.memory.holders().map(({ pid, used_mib }) => ({
    pid: String(pid),
    process_name: 'VLLM::EngineCore',
    name: 'VLLM::EngineCore',
    used_memory: [String(used_mib), 'MiB'],
    used_gpu_memory: [String(used_mib), 'MiB'],
    gpu_uuid: 'GPU-6f0a2b1c-3d4e-5f60-7182-93a4b5c6d7e8',
    gpu_name: 'NVIDIA GB10',
  }))
}

/** CSV rows, or the name of a field that there is not. */
function table(fields: readonly string[], rows: readonly Record<string, Field>[], format: readonly string[]): string[] | string {
  const names = fields.map((field) => field.trim())
  const known = { ...gpuFieldNames, ...appFieldNames }
  const unknown = names.find((name) => !(name in known))
  if (unknown !== undefined) return unknown
  const units = !format.includes('nounits')
  const show = (field: Field | undefined): string =>
    typeof field === 'string' ? field : field ? `${field[0]}${units ? ` ${field[1]}` : ''}` : '[N/A]'
  const lines = rows.map((row) => names.map((name) => show(row[name])).join(', '))
  return format.includes('noheader') ? lines : [names.join(', '), ...lines]
}

const gpuFieldNames = Object.fromEntries(
  'index count name uuid pci.bus_id driver_version memory.total memory.used memory.free utilization.gpu utilization.memory power.draw power.limit fan.speed temperature.gpu clocks.gr clocks.max.sm clocks.mem clocks.sm clocks.current.sm pstate compute_cap'
    .split(' ')
    .map((name) => [name, true]),
)
const appFieldNames = Object.fromEntries('pid process_name name used_memory used_gpu_memory gpu_uuid gpu_name'.split(' ').map((name) => [name, true]))

function overview(machine: Machine): string {
  const apps = machine.memory
    .holders()
    .map(({ pid, used_mib }) => `|    0   N/A  N/A    ${String(pid).padStart(9)}      C   VLLM::EngineCore    ${String(used_mib).padStart(7)}MiB |`)
  return [
    '| NVIDIA-SMI 580.95.05     Driver Version: 580.95.05     CUDA Version: 13.0 |',
    '|   0  NVIDIA GB10   On  |  0000000F:01:00.0 Off |  N/A |  Not Supported   |',
    '| Processes:                                                                |',
    ...(apps.length > 0 ? apps : ['|  No running processes found                                               |']),
    '',
  ].join('\n')
}
