import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { mongo } from 'mongoose';
import { MANIFEST_FILE, UNFINISHED } from '../backup/manifest.ts';
import { openDump } from './open-dump.ts';

const documents = Buffer.from(mongo.BSON.serialize({ _id: 1 }));
const metadata =
  '{"indexes":[{"v":2,"key":{"_id":1},"name":"_id_"}],"collectionName":"things","type":"collection"}';

describe(openDump.name, () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dump-'));
    await mkdir(join(root, 'shop'));
    await writeFile(join(root, 'shop/things.bson'), documents);
    await writeFile(join(root, 'shop/things.metadata.json'), metadata);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('finds the only database of a dump, and the server it is from', async () => {
    await writeFile(
      join(root, 'prelude.json.gz'),
      gzipSync('{"ServerVersion":"7.0.28","ToolVersion":"100.9"}'),
    );
    await expect(openDump(root)).resolves.toMatchObject({
      database: 'shop',
      serverVersion: '7.0.28',
      collections: [{ name: 'things', type: 'collection', storedAs: 'things' }],
      notes: [],
    });
  });

  it('takes the folder of one database by its name', async () => {
    await expect(openDump(join(root, 'shop'))).resolves.toMatchObject({ database: 'shop' });
  });

  it('asks which of several databases is meant, and passes over those of the server', async () => {
    for (const name of ['admin', 'config', 'other']) {
      await mkdir(join(root, name));
      await writeFile(join(root, name, 'things.bson'), documents);
    }
    await expect(openDump(root)).rejects.toMatchObject({
      code: 'DUMP_DATABASE_UNCLEAR',
      message: 'The dump holds several databases: other, shop',
    });
    await expect(openDump(root, 'other')).resolves.toMatchObject({ database: 'other' });
    await expect(openDump(root, 'admin')).rejects.toMatchObject({ code: 'DUMP_DATABASE_UNCLEAR' });
  });

  it('says what is not restored', async () => {
    await writeFile(join(root, 'oplog.bson'), documents);
    await writeFile(join(root, 'shop/bare.bson'), documents);
    await writeFile(join(root, 'shop/system.profile.bson'), documents);
    const { collections, notes } = await openDump(root);
    expect(collections.map(({ name }) => name)).toEqual(['bare', 'things']);
    expect(notes).toEqual([
      'There are no metadata of bare: options and indexes are lost',
      'There are no metadata of system.profile: options and indexes are lost',
      expect.stringContaining('Its oplog is not replayed'),
      'system.profile is no part of the data and is not restored',
    ]);
  });

  it('refuses a part of a backup, which its manifest alone can prove, and names the whole', async () => {
    const archive = join(root, 'shop.archive');
    await writeFile(archive, documents);
    for (const manifest of [UNFINISHED, '{ "format": "openai-outreach-backup", "damaged": ']) {
      await writeFile(join(root, MANIFEST_FILE), manifest);
      for (const path of [join(root, 'shop'), join(root, 'shop/.'), archive]) {
        await expect(openDump(path)).rejects.toMatchObject({
          code: 'PART_OF_BACKUP',
          nextStep: expect.stringContaining(root),
        });
      }
    }
  });

  it('takes a dump beside the manifest of something else', async () => {
    await writeFile(join(root, MANIFEST_FILE), '{ "name": "A page for telephones" }');
    await expect(openDump(join(root, 'shop'))).resolves.toMatchObject({ database: 'shop' });
  });

  it('takes the name of a folder as it is, as mongodump does, and decodes those of files', async () => {
    for (const name of ['a+b', '50%off', 'x%2Fy']) {
      await mkdir(join(root, 'odd', name), { recursive: true });
      await writeFile(join(root, 'odd', name, 'a%2Bb+c.bson'), documents);
      await expect(openDump(join(root, 'odd', name))).resolves.toMatchObject({
        database: name,
        collections: [{ name: 'a+b c' }],
      });
    }
    await expect(openDump(join(root, 'odd'), '50%off')).resolves.toMatchObject({ database: '50%off' });
  });

  it('says which file has a name that mongodump gives to none', async () => {
    await writeFile(join(root, 'shop/100%.bson'), documents);
    await expect(openDump(root)).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining('100%.bson'),
      nextStep: expect.stringContaining('100%25.bson'),
    });
    // Where the metadata say what it is called, nothing else need.
    const named = metadata.replace('things', '100%');
    await writeFile(join(root, 'shop/100%.metadata.json'), named);
    const { collections } = await openDump(root);
    expect(collections.map(({ name }) => name)).toEqual(['100%', 'things']);
  });

  it.each([
    ['nothing', 'There is nothing of this name'],
    ['empty', 'There is no dump of a database here'],
    ['shop/things.bson', 'no archive'],
  ])('knows that %s is no dump', async (name, message) => {
    await mkdir(join(root, 'empty'));
    await expect(openDump(join(root, name))).rejects.toMatchObject({
      message: expect.stringContaining(message),
    });
  });
});
