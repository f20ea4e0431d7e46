import { shellWords } from '../shell-words.ts'

/** What a start writes into every container (launch-mark.ts), and by what the fence and the survey of a host know it again. */
const marks = ['CLUSTER', 'SWAP', 'FENCE', 'STEP', 'ATTEMPT', 'MODEL', 'PORT']
/** Whether a variable is one of ours. */
export const isMark = (name: string): boolean => marks.some((mark) => name === `SPARK_${mark}`)

/** Why an entry may not set this variable: the later of two counts, and the container would be somebody else's. Null when it may. */
export const variableTrouble = (name: string): string | null => (isMark(name) ? `${name} is set by Spark Control, to know the container again` : null)

/** Signs by which a shell does more than pass a word on. launch-cluster.sh hands these arguments to the shell of a second host as they are. */
const shellSign = /[;&|<>$()`\\]/

/** Why these further arguments of `docker run` are refused: they would be read by a shell, or hide the container from those who look for it. Null when they are fine. */
export function dockerArgumentsTrouble(text: string): string | null {
  const sign = shellSign.exec(text)?.[0]
  if (sign !== undefined) return `${sign} would be read by a shell on the host, and has no place among arguments of docker run`
  const words = shellWords(text)
  for (const [i, word] of words.entries()) {
    const [flag = '', ...inner] = word.split('=')
    const value = inner.length > 0 ? inner.join('=') : (words[i + 1] ?? '')
    if (flag === '--name') return '--name is set by Spark Control, by `container`'
    if ((flag === '--label' || flag === '-l') && value.startsWith('spark.'))
      return `the label ${value} is set by Spark Control, to know the container again`
    const trouble = flag === '--env' || flag === '-e' ? variableTrouble(value.split('=', 1).join('')) : null
    if (trouble !== null) return trouble
  }
  return null
}
