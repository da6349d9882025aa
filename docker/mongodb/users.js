// Makes the users with few rights, or gives those that exist the roles and passwords that are meant: safe to run again, for example
// after a new password. Run by the image when it prepares an empty data folder, later by hand; see docs/setup-production.md.

const { existsSync, readFileSync } = require('node:fs');

const database = process.env.MONGO_INITDB_DATABASE || 'openai_outreach';
const admin = db.getSiblingDB('admin');

logIn();

const APPLICATION_ROLE = 'openaiOutreachApplication';
// readWrite lacks collMod, by which a validator and the life time of an index are changed, and the usage of indexes.
makeRole(APPLICATION_ROLE, {
  privileges: [{ resource: { db: database, collection: '' }, actions: ['collMod', 'indexStats'] }],
  roles: [{ role: 'readWrite', db: database }],
});

makeUser('mongodb', [{ role: APPLICATION_ROLE, db: 'admin' }]);
makeUser('mongodb_backup', [{ role: 'backup', db: 'admin' }]);
makeUser('mongodb_monitor', [
  { role: 'clusterMonitor', db: 'admin' },
  { role: 'read', db: 'local' },
]);

/** Makes the root user where there is no user at all, such as in the data folder of a development stack: the server lets us, once. */
function logIn() {
  const [user, pwd] = [secret('mongo_root_username'), secret('mongo_root_password')];
  try {
    admin.auth(user, pwd);
  } catch {
    try {
      admin.createUser({ user, pwd, roles: ['root'] });
    } catch {
      throw new Error('MongoDB refuses the name or password of the root user in docker/secrets');
    }
    admin.auth(user, pwd);
    print(`User ${user} made`);
  }
}

function makeRole(name, definition) {
  if (admin.getRole(name)) admin.updateRole(name, definition);
  else admin.createRole({ role: name, ...definition });
}

function makeUser(prefix, roles) {
  const name = secret(`${prefix}_username`);
  const definition = { pwd: secret(`${prefix}_password`), roles };
  const isNew = !admin.getUser(name);
  if (isNew) admin.createUser({ user: name, ...definition });
  else admin.updateUser(name, definition);
  print(`User ${name} ${isNew ? 'made' : 'brought up to date'}`);
}

function secret(name) {
  const file = `/run/secrets/${name}`;
  const value = existsSync(file) ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : '';
  if (value === '')
    throw new Error(`The secret ${name} is missing or empty: run ./docker/prepare.sh on the host`);
  return value;
}
