/**
 * Splits a text into words as a shell would, without running anything: quotes group, a backslash takes the next character as it is.
 * `$`, backticks and globs are plain characters. An open quote runs to the end of the text.
 */
export function shellWords(text: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: '"' | "'" | null = null
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (quote !== null) {
      if (character === quote) quote = null
      else if (character === '\\' && quote === '"' && /["\\$`]/.test(text.charAt(i + 1))) word = (word ?? '') + text.charAt(++i)
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === '\\' && i + 1 < text.length) word = (word ?? '') + text.charAt(++i)
    else word = (word ?? '') + character
  }
  if (word !== null) words.push(word)
  return words
}
