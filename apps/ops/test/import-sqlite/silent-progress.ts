/** For imports whose progress nobody looks at. */
export const silentProgress = {
  bar: () => ({ update: () => undefined, finish: () => undefined }),
  note: () => undefined,
  stop: () => undefined,
};
