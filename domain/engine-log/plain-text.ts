/** A line of an engine's output without what only terminals understand: colours and bells have no place in a log that pages show. */
export const plainText = (text: string): string =>
  text
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
    .toWellFormed()

/** What an engine prints of its own arguments and of a token that did not work: vLLM shows `api_key` among its arguments. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\bhf_[A-Za-z0-9]{10,}/g, 'hf_(secret)'],
  [/\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}/g, '$1 (secret)'],
  [
    /\b(api[_-]?keys?|hf_token|hugging_?face_?hub_?token|auth_token|access_token|password|secret)(['"]?\s*[=:]\s*|['"]?\s+(?=\S))(\[[^\]]*\]|'[^']*'|"[^"]*"|[^\s,)}\]]+)/gi,
    '$1$2(secret)',
  ],
]

export const withoutSecrets = (text: string): string => secrets.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), text)
