const everyMs = 1_000

/** Runs `body` and beats each second until it ends, so that a worker that dies is noticed, and a cancel is heard. */
export async function withHeartbeats<T>(beat: () => void, body: () => Promise<T>): Promise<T> {
  beat()
  const timer = setInterval(beat, everyMs)
  try {
    return await body()
  } finally {
    clearInterval(timer)
  }
}
