/** A value cannot become what the mapping says without loss, and stays as it is. */
export const UNCHANGED = Symbol('unchanged');
