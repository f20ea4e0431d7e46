export interface GpuFacts {
  readonly name: string
  readonly utilizationPercent: number | null
  readonly temperatureC: number | null
  readonly powerW: number | null
  readonly smClockMhz: number | null
}

/** A process that computes on the GPU. Its memory is the host's own: CPU and GPU of a Spark share one pool. */
export interface ComputeApp {
  readonly pid: number
  readonly name: string
  readonly usedMiB: number | null
}

/** The first line of `nvidia-smi --query-gpu=name,utilization.gpu,temperature.gpu,power.draw,clocks.sm`. Null where it is none. */
export function readGpu(text: string): GpuFacts | null {
  const [name, utilization, temperature, power, clock, ...more] = (text.split('\n')[0] ?? '').split(',').map((field) => field.trim())
  if (name === undefined || name === '' || power === undefined || more.length > 0) return null
  return { name, utilizationPercent: figure(utilization), temperatureC: figure(temperature), powerW: figure(power), smClockMhz: figure(clock) }
}

/** `nvidia-smi --query-compute-apps=pid,process_name,used_memory`. A process name may have commas in it. */
export function readComputeApps(text: string): ComputeApp[] {
  return text.split('\n').flatMap((line) => {
    const read = /^\s*(\d+)\s*,\s*(.*?)\s*,\s*([^,]*)$/.exec(line)
    return read === null ? [] : [{ pid: Number(read[1]), name: read[2] ?? '', usedMiB: figure(read[3]) }]
  })
}

/** `41`, `11.17 W`, `5 %`; null for `[N/A]`, `Not Supported` and other words. */
export function figure(text: string | undefined): number | null {
  const read = /^\s*(-?\d+(?:\.\d+)?)\s*(?:%|[A-Za-z]{1,3})?\s*$/.exec(text ?? '')
  return read === null ? null : Number(read[1])
}
