/** What the installed spark-vllm-docker can do, as its help texts say. Plain data: it travels through activities and into the proposed catalog. */
export interface LauncherFeatures {
  /** `January`-like scripts always use Ray; later ones take `--ray` or `--no-ray`, with the default that their text names. */
  readonly ray: 'always' | 'default_on' | 'default_off'
  /** Flags of launch-cluster.sh that its help names, as they are typed: `--solo`, `-d`, `--volume`, … */
  readonly flags: readonly string[]
  /** Flags of run-recipe.sh; null where there is no such script, or it did not answer. */
  readonly recipeFlags: readonly string[] | null
}

export const hasFlag = (features: LauncherFeatures, ...anyOf: readonly string[]): boolean => anyOf.some((flag) => features.flags.includes(flag))
