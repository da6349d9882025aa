// Makes one replica set of the three members and waits for a primary that takes writes. Safe to repeat: a set that exists stays as it
// is. Run by the step replica-set of docker-compose.replica.yml, which ends with 0 when it is done.

const { readFileSync } = require('node:fs');

const NAME = 'rs0';
const HOSTS = ['mongodb1:27017', 'mongodb2:27017', 'mongodb3:27017'];
const LIMIT_MS = 120_000;
const PAUSE_MS = 1_000;

const deadline = Date.now() + LIMIT_MS;
const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').replace(/\r?\n$/, '');

/** Tries again until the time is up; what failed last is told then. */
function until(what, attempt) {
  for (;;) {
    try {
      const result = attempt();
      if (result) return result;
      if (Date.now() > deadline) throw new Error('no answer that would do');
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${what}: ${error.message}`, { cause: error });
    }
    sleep(PAUSE_MS);
  }
}

function logIn(host, options = '') {
  const connection = new Mongo(`mongodb://${host}/admin?serverSelectionTimeoutMS=3000${options}`);
  connection.getDB('admin').auth(secret('mongo_root_username'), secret('mongo_root_password'));
  return connection.getDB('admin');
}

/** Asked without logging in, since a new member has no users yet; nothing when it does not answer. */
function greet(host) {
  try {
    return new Mongo(`mongodb://${host}/?directConnection=true&serverSelectionTimeoutMS=3000`)
      .getDB('admin')
      .hello();
  } catch {
    return undefined;
  }
}

// One member that knows the set will do: where its data was lost, a member learns from the others and must not begin a set of its own.
let isInitiated = false;
until('Not every member answers', () => {
  const greetings = HOSTS.map(greet);
  isInitiated = greetings.some((greeting) => greeting?.setName !== undefined);
  return isInitiated || greetings.every((greeting) => greeting !== undefined);
});

if (isInitiated) {
  print(`The replica set ${NAME} exists`);
} else {
  const members = HOSTS.map((host, _id) => ({ _id, host }));
  const first = until('The first member cannot be used', () => logIn(HOSTS[0], '&directConnection=true'));
  first.adminCommand({ replSetInitiate: { _id: NAME, members } });
  print(`The replica set ${NAME} is initiated`);
}

// A write is acknowledged when a majority has it, and members that still copy the data do not count.
until('No majority is in step', () => {
  const { members } = logIn(HOSTS.join(','), `&replicaSet=${NAME}`).adminCommand({ replSetGetStatus: 1 });
  return (
    members.filter(({ stateStr }) => ['PRIMARY', 'SECONDARY'].includes(stateStr)).length > HOSTS.length / 2
  );
});
print('A primary and a majority take writes');
