import tseslint from 'typescript-eslint'

/** Who may import whom (docs/ARCHITECTURE.md). Each row: a room, and the rooms that it may not reach into. */
const rooms = ['domain', 'workflows', 'activities', 'api', 'views', 'config', 'demo', 'scripts', 'bench', 'test']
const mayImport = {
  domain: [],
  workflows: ['domain'],
  activities: ['domain', 'config'],
  api: ['domain', 'views', 'config'],
  views: ['domain'],
  config: ['domain'],
  demo: [],
}

const forbidden = (room) => rooms.filter((other) => other !== room && !mayImport[room].includes(other))

const restricted = (room, { exceptMessages = false, typesOfActivities = false } = {}) => ({
  patterns: [
    {
      regex: `^(\\.\\./)+(${forbidden(room)
        .filter((other) => !(exceptMessages && other === 'workflows') && !(typesOfActivities && other === 'activities'))
        .join('|')})/`,
      message: `${room}/ does not import from there: see docs/ARCHITECTURE.md`,
    },
    ...(exceptMessages
      ? [{ regex: '^(\\.\\./)+workflows/(?!messages\\.ts$)', message: 'only workflows/messages.ts is for everybody: see docs/ARCHITECTURE.md' }]
      : []),
    ...(typesOfActivities
      ? [{ regex: '^(\\.\\./)+activities/', allowTypeImports: true, message: 'workflows see only the types of activities' }]
      : []),
    ...(room === 'domain'
      ? [{ regex: '^(node:|@temporalio|koa|ssh2|undici|pino|prom-client)', message: 'domain/ is pure: no I/O, no Temporal' }]
      : []),
    ...(room === 'workflows' ? [{ regex: '^(node:|ssh2|undici|koa|pino)', message: 'workflows are deterministic: no I/O' }] : []),
    ...(room === 'activities' || room === 'api' ? [{ regex: '^hono', message: 'templates live in views/' }] : []),
  ],
})

export default tseslint.config(
  { ignores: ['node_modules/**', 'data/**', '**/*.mjs', 'views/assets/**', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: "ImportDeclaration[source.value='hono/html'] ImportSpecifier[imported.name='raw']", message: 'raw() only in views/html.ts' },
      ],
      'max-lines': ['error', { max: 300 }],
    },
  },
  {
    files: ['domain/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', restricted('domain')], 'no-restricted-globals': ['error', 'process', 'setTimeout', 'fetch'] },
  },
  { files: ['workflows/**/*.ts'], rules: { 'no-restricted-imports': ['error', restricted('workflows', { typesOfActivities: true })] } },
  { files: ['activities/**/*.ts'], rules: { 'no-restricted-imports': ['error', restricted('activities')] } },
  {
    files: ['activities/arbiter.ts', 'activities/schedules/registry.ts'],
    rules: { 'no-restricted-imports': ['error', restricted('activities', { exceptMessages: true })] },
  },
  { files: ['api/**/*.ts'], rules: { 'no-restricted-imports': ['error', restricted('api', { exceptMessages: true })] } },
  { files: ['views/**/*.ts'], rules: { 'no-restricted-imports': ['error', restricted('views')] } },
  { files: ['views/html.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['config/**/*.ts'], rules: { 'no-restricted-imports': ['error', restricted('config')] } },
  { files: ['demo/**/*.ts'], rules: { 'no-restricted-imports': ['error', restricted('demo')] } },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
)
