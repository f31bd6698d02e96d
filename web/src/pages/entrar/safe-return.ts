/** Only paths of this site: `de=https://…` must not lead away after the password was typed. */
export const safeReturn = (path: string | undefined): string =>
  path && /^\/(?![/\\])/.test(path) && !path.startsWith('/entrar') ? path : '/';
