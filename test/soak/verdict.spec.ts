import { plot } from './plot.ts';
import { judge, type Sample } from './verdict.ts';

const SAMPLES: Sample[] = Array.from({ length: 50 }, (_, n) => ({
  atSeconds: n * 2,
  memoryBytes: 100e6,
  handles: 60,
  connections: 20,
  medianMs: 3,
  p99Ms: 20,
  unavailable: 0,
}));
const PLAN = { turns: 1_000, kills: 9 };
const TRAFFIC = { turns: 1_000, skipped: 0, answers: 1_000, unavailable: 0 };
const FINE = { lost: 0, odd: [], output: '', isRunning: true, traffic: TRAFFIC, kills: 9, plan: PLAN };

describe(judge, () => {
  it('is content with a service that stays as it is', () => {
    expect(judge(SAMPLES, FINE).filter(({ isMet }) => !isMet)).toEqual([]);
  });

  it('takes connections for what they are', () => {
    const samples = SAMPLES.map((sample, n) => ({ ...sample, handles: 60 + n, connections: 20 + n }));
    expect(judge(samples, FINE).filter(({ isMet }) => !isMet)).toEqual([]);
  });

  it.each<[string, Partial<Sample>, object]>([
    ['growth of resident memory', { memoryBytes: 120e6 }, {}],
    ['more open files beside connections', { handles: 66 }, {}],
    ['acknowledged writes lost', {}, { lost: 1 }],
    ['answers other than asked for or 503', {}, { odd: ['GET / 500'] }],
    ['unhandled rejections', {}, { output: 'UnhandledPromiseRejection' }],
    ['ends of the process', {}, { isRunning: false }],
    ['turns taken', {}, { traffic: { ...TRAFFIC, turns: 799 } }],
    ['share of turns skipped', {}, { traffic: { ...TRAFFIC, skipped: 60 } }],
    ['share of answers 503', {}, { traffic: { ...TRAFFIC, answers: 2_000, unavailable: 120 } }],
    ['kills of the database', {}, { kills: 8 }],
  ])('names %s', (what, late, outcome) => {
    const samples = SAMPLES.map((sample, n) => (n < 25 ? sample : { ...sample, ...late }));
    const unmet = judge(samples, { ...FINE, ...outcome }).filter(({ isMet }) => !isMet);
    expect(unmet.map((verdict) => verdict.what)).toEqual([what]);
  });
});

describe(plot, () => {
  it('draws every panel, and leaves out what was not measured', () => {
    const svg = plot(
      [0, 1, 2],
      [{ title: 'A & B', unit: 'ms', series: [{ name: 'x', values: [1, Number.NaN, 2] }] }],
      [1],
    );
    expect(svg).toContain('A &amp; B');
    expect(svg).toContain('points="70.0,105.0 880.0,30.0"');
    expect(svg).not.toContain('NaN');
  });
});
