const KEY = 'diagnostics-token';
/** What can stand in a header. */
const TOKEN = /^[\x21-\x7e]+$/;

/** The service has no answer: it is away, or what is between it and here. */
export class AwayError extends Error {}

/** The token is missing or wrong. */
export class TokenError extends Error {}

/** Kept for this tab only. */
let token = recall();

export function hasToken() {
  return token !== null;
}

/** @param {string | null} given */
export function setToken(given) {
  token = given !== null && TOKEN.test(given) ? given : null;
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // A browser that stores nothing: the token lasts until the page is loaded again.
  }
}

/**
 * Asks the service.
 *
 * @param {string} path - Relative to this page, so that a prefix before both does no harm
 * @param {number} timeoutMs
 * @returns {Promise<{ status: number; headers: Headers; body: any }>}
 * @throws {AwayError} {@link TokenError}
 */
export async function ask(path, timeoutMs) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  let answer;
  let body;
  try {
    answer = await fetch(path, { headers, cache: 'no-store', signal: AbortSignal.timeout(timeoutMs) });
    body = await answer.json();
  } catch (error) {
    throw new AwayError('The service does not answer', { cause: error });
  }
  if (answer.status === 401) throw new TokenError('The token is missing or wrong');
  return { status: answer.status, headers: answer.headers, body };
}

function recall() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
