import { showHistory } from './chart.js';
import { byId, setText } from './dom.js';
import { duration, milliseconds, moment } from './format.js';
import { showReport, showTestDocuments } from './sections.js';
import { ask, AwayError, hasToken, setToken, TokenError } from './service.js';

const INTERVAL_MS = 2_000;
/** The service answers in less than a second, also without its database. */
const DATA_TIMEOUT_MS = 3_000;
/** The test answers within five. */
const TEST_TIMEOUT_MS = 8_000;

/** The last report, and when it came. */
let report = null;
let receivedAt = 0;
let isAway = false;
let isPaused = false;
let isAsking = false;
let isSignedOut = false;
/** Test documents that a run of the test has shown; they may be newer than those of a report. */
let afterTest = null;
let announced = '';

async function update() {
  if (isAsking || isSignedOut) return;
  isAsking = true;
  try {
    const { status, body } = await ask('status/data', DATA_TIMEOUT_MS);
    if (status !== 200) throw new AwayError(`The service answers ${status}`);
    report = body;
    receivedAt = performance.now();
    isAway = false;
    signIn(false);
    show();
  } catch (error) {
    if (error instanceof TokenError) askForToken();
    else if (error instanceof AwayError) isAway = true;
    else throw error;
  } finally {
    isAsking = false;
  }
  showState();
}

function show() {
  byId('report').hidden = false;
  byId('pause').hidden = false;
  byId('forget').hidden = !hasToken();
  showReport(report);
  showDocuments();
  showHistory(report.health.trace, new Date(report.at));
  for (const box of document.querySelectorAll('.scroll')) {
    // Only what can be scrolled is a stop for the keyboard.
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
}

function showDocuments() {
  const reading = report.testDocuments;
  const isOlder = afterTest !== null && (reading.value === null || reading.value.at < afterTest.at);
  showTestDocuments(reading, isOlder ? afterTest : reading.value);
}

/** Runs every second, so that ages are right between two answers. */
function showState() {
  if (isSignedOut) return;
  const age = (performance.now() - receivedAt) / 1_000;
  if (report === null) {
    setText('updated', isAway ? 'The service does not answer; trying again' : 'Loading');
    return;
  }
  const old = isPaused ? 'Paused; updated' : 'Updated';
  setText('updated', isAway ? `Last answer ${duration(age)} ago` : `${old} ${duration(age)} ago`);
  const { isConnected, message, since, ageMs, latencyMs } = report.health;
  const word = isConnected ? 'Connected' : 'Disconnected';
  const kind = isAway ? 'unknown' : isConnected ? 'up' : 'down';
  const title = isAway ? 'The service does not answer' : word;
  byId('state').dataset.state = kind;
  byId('state-icon').setAttribute('href', `#icon-${kind}`);
  setText('state-title', title);
  setText(
    'state-message',
    isAway
      ? `Last known, ${duration(age)} ago: ${word.toLowerCase()}. Trying again every two seconds.`
      : `${message}.`,
  );
  const facts = [
    since === null ? '' : `${isConnected ? 'Since' : 'Away since'} ${moment(new Date(since))}`,
    ageMs === null
      ? ''
      : `Last check ${ageMs + age * 1_000 < 1_000 ? 'less than a second' : duration(ageMs / 1_000 + age)} ago`,
    isConnected && latencyMs !== null ? `It took ${milliseconds(latencyMs)}` : '',
  ];
  if (isPaused) facts.unshift(`As it was ${duration(age)} ago`);
  setText('state-facts', isAway ? '' : facts.filter((fact) => fact !== '').join(' · '));
  document.title = `${title} – MongoDB status`;
  announce(isAway || isConnected ? title : `${title}. ${message}`);
}

/** Says a change, and nothing while it lasts. */
function announce(text) {
  if (text === announced) return;
  const isFirst = announced === '';
  announced = text;
  if (!isFirst) setText('announcement', text);
}

function askForToken() {
  isSignedOut = true;
  setText('sign-in-problem', hasToken() ? 'This token is not accepted' : '');
  setToken(null);
  report = null;
  afterTest = null;
  announced = '';
  byId('report').hidden = true;
  byId('pause').hidden = true;
  byId('forget').hidden = true;
  setText('updated', 'A token is needed');
  setText('service', '');
  document.title = 'MongoDB status';
  signIn(true);
}

function signIn(isNeeded) {
  const form = byId('sign-in');
  if (form.hidden === !isNeeded) return;
  form.hidden = !isNeeded;
  byId(isNeeded ? 'token' : 'main').focus();
}

async function runTest() {
  const button = byId('run-test');
  if (button.getAttribute('aria-disabled') === 'true') return;
  // Not `disabled`: that would take the keyboard's focus away.
  button.setAttribute('aria-disabled', 'true');
  tell('pending', 'Running the test');
  try {
    const { status, headers, body } = await ask('mongodb-test', TEST_TIMEOUT_MS);
    tellResult(status, headers, body);
  } catch (error) {
    if (error instanceof TokenError) askForToken();
    else if (error instanceof AwayError) tell('failed', 'The service does not answer.');
    else throw error;
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

function tellResult(status, headers, body) {
  if (status === 200) {
    afterTest = { at: body.inserted.createdAt, recent: body.recent, count: body.count };
    if (report !== null) showDocuments();
    const { insert, find } = body.timingsMs;
    tell('passed', `Written in ${milliseconds(insert)} and read back in ${milliseconds(find)}.`);
  } else if (status === 429) {
    const seconds = Number(headers.get('retry-after'));
    tell(
      'failed',
      `Enough tests for the moment: try again ${seconds > 0 ? `in ${duration(seconds)}` : 'later'}.`,
    );
  } else {
    tell('failed', `${body.mongodb?.message ?? body.detail ?? `The service answers ${status}`}.`);
  }
}

function tell(outcome, text) {
  byId('test-result').dataset.outcome = outcome;
  setText('test-result', text);
}

function pause() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  if (!isPaused) void update();
  showState();
}

byId('run-test').addEventListener('click', () => void runTest());
byId('pause').addEventListener('click', pause);
byId('forget').addEventListener('click', () => {
  setToken(null);
  askForToken();
});
byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = byId('token');
  setToken(input.value.trim());
  const isPossible = hasToken();
  input.value = '';
  if (!isPossible) {
    setText('sign-in-problem', 'This token is not accepted');
    return;
  }
  isSignedOut = false;
  void update();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !isPaused) void update();
});
addEventListener('resize', () => {
  if (report !== null && !isSignedOut) show();
});
setInterval(() => {
  if (!document.hidden && !isPaused) void update();
}, INTERVAL_MS);
setInterval(showState, 1_000);
void update();
