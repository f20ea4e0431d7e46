/** Where this program stands when set-up saves. */
export interface SavingPlace {
  readonly demo: boolean
  /** Whoever started the demo starts the real cluster in its place. */
  readonly leavesDemo: boolean
  /** There was a cluster.yaml before. */
  readonly hadCluster: boolean
}

/** What happens once the files are written, or what a person must do. */
export function afterSaving({ demo, leavesDemo, hadCluster }: SavingPlace): string {
  if (!demo)
    return hadCluster ? 'The files are read again by themselves within seconds.' : 'The worker and the API take it up by themselves within seconds.'
  if (leavesDemo) return 'The demo ends by itself and your cluster starts in its place, in about 20 s. Reload this page then.'
  return 'This process runs the demo and goes on with it: end it, take SPARK_DEMO away, and start Spark Control again (npm start, or docker compose restart).'
}
