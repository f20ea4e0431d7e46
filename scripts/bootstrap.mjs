// Sets up what every command needs, before it runs (package.json's pre-scripts): packages, Node 24, and with --temporal the Temporal CLI.
// Plain JavaScript without dependencies: it runs on the user's Node, when node_modules is still empty.
//   --temporal      the Temporal CLI, unless TEMPORAL_ADDRESS names a server
//   --temporal-cli  the Temporal CLI in any case
const LEAST = [20, 3]

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
    process.stderr.write(
      `Node ${LEAST.join('.')} or newer is needed, and this is ${process.versions.node}. Get a current one from https://nodejs.org and start again.\n`,
    )
    process.exit(1)
  }
  // Imported only now: an older Node may not even be able to read these files.
  const { provideProject } = await import('./bootstrap/project.mjs')
  await provideProject()
  const wantsCli = process.argv.includes('--temporal-cli') || (process.argv.includes('--temporal') && !process.env.TEMPORAL_ADDRESS)
  if (!wantsCli) return
  const { provideTemporal } = await import('./bootstrap/provide-temporal.mjs')
  await provideTemporal()
}

main().catch((error) => {
  process.stderr.write(`${error.name === 'Trouble' ? error.message : error.stack}\n`)
  process.exit(1)
})
