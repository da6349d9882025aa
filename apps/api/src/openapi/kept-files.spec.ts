import { KeptFiles } from './kept-files.ts';

describe(KeptFiles.name, () => {
  it('reads each file once, also when it is asked for twice at the same time', async () => {
    const read: string[] = [];
    const files = new KeptFiles(async (file) => {
      read.push(file);
      return Buffer.from(file);
    });
    const [first, second] = await Promise.all([files.get('a'), files.get('a')]);
    expect(second).toBe(first);
    expect(await files.get('a')).toBe(first);
    expect((await files.get('b')).toString()).toBe('b');
    expect(read).toEqual(['a', 'b']);
  });

  it('keeps no failure', async () => {
    let count = 0;
    const files = new KeptFiles(async () => {
      count += 1;
      if (count === 1) throw new Error('EMFILE');
      return Buffer.from('there');
    });
    await expect(files.get('a')).rejects.toThrow('EMFILE');
    expect((await files.get('a')).toString()).toBe('there');
  });
});
