/** A path of cluster.yaml as the host understands it: `~` stands for the SSH user's home, and no shell is there to say so. */
export const atHome = (path: string, home: string): string => (path === '~' || path.startsWith('~/') ? home + path.slice(1) : path)
