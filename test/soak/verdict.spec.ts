import { plot } from './plot.ts';
import { judge, type Sample } from './verdict.ts';

const SAMPLES: Sample[] = Array.from({ length: 50 }, (_, n) => ({
  atSeconds: n * 2,
  memoryBytes: 100e6,
  handles: 40,
  medianMs: 3,
  p99Ms: 20,
  unavailable: 0,
}));
const PLAN = { requests: 1_000, kills: 9 };
const FINE = { lost: 0, odd: [], output: '', isRunning: true, load: PLAN, plan: PLAN };

describe(judge, () => {
  it('is content with a service that stays as it is', () => {
    expect(judge(SAMPLES, FINE).filter(({ isMet }) => !isMet)).toEqual([]);
  });

  it.each<[string, Partial<Sample>, object]>([
    ['growth of resident memory', { memoryBytes: 120e6 }, {}],
    ['more open files', { handles: 60 }, {}],
    ['acknowledged writes lost', {}, { lost: 1 }],
    ['answers other than asked for or 503', {}, { odd: ['GET / 500'] }],
    ['unhandled rejections', {}, { output: 'UnhandledPromiseRejection' }],
    ['ends of the process', {}, { isRunning: false }],
    ['requests sent', {}, { load: { ...PLAN, requests: 799 } }],
    ['kills of the database', {}, { load: { ...PLAN, kills: 8 } }],
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
