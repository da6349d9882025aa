import { Window } from './window.ts';

describe(Window.name, () => {
  it('keeps no more than its size in flight', async () => {
    const window = new Window(3);
    let [running, most] = [0, 0];
    for (let i = 0; i < 20; i += 1) {
      await window.add(async () => {
        most = Math.max(most, (running += 1));
        await new Promise((done) => setImmediate(done));
        running -= 1;
      });
    }
    await window.drain();
    expect({ running, most }).toEqual({ running: 0, most: 3 });
  });

  it('throws the first failure, and waits for the others', async () => {
    const window = new Window(2);
    let isDone = false;
    await window.add(async () => Promise.reject(new Error('first')));
    await window.add(async () => {
      await new Promise((done) => setTimeout(done, 20));
      isDone = true;
    });
    await expect(window.drain()).rejects.toThrow('first');
    expect(isDone).toBe(true);
    await expect(window.add(async () => undefined)).rejects.toThrow('first');
  });
});
