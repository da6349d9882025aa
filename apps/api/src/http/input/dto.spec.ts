import { ProblemException } from '../problem.exception.ts';
import { toProblem, type Problem } from '../problem.ts';
import { toDto } from './dto.ts';
import { TextField, TextListField } from './fields.ts';

class Named {
  @TextField({ min: 1, max: 20, required: true })
  name!: string;
}

class Note extends Named {
  @TextListField({ max: 5, maxItems: 3 })
  tags?: string[];
}

class Nothing {}

function refusalOf(type: new () => object, input: unknown): Problem {
  try {
    toDto(type, input);
  } catch (error) {
    if (error instanceof ProblemException) return toProblem(error.kind, '/notes');
  }
  throw new Error('It was not refused');
}

describe(toDto.name, () => {
  it('makes an instance of what is declared, also by the classes above', () => {
    const dto = toDto(Note, { name: 'Ada', tags: ['x'] });
    expect(dto).toBeInstanceOf(Note);
    expect({ ...dto }).toEqual({ name: 'Ada', tags: ['x'] });
  });

  it('tells what is unknown and what is wrong together', () => {
    expect(refusalOf(Note, { role: 'admin', name: '', tags: [{}] }).errors).toEqual([
      { path: 'role', message: 'is not a field that can be set' },
      { path: 'tags', message: 'must be a list of at most 3 texts of 1 to 5 characters' },
      { path: 'name', message: 'must be text of 1 to 20 characters' },
    ]);
  });

  it.each([
    [Nothing, { name: 'Ada' }, ['name']],
    [Named, { name: 'Ada', tags: ['x'] }, ['tags']],
    [Note, { name: 'Ada', toString: 1 }, ['toString']],
    [Note, JSON.parse('{"name":"Ada","__proto__":{"tags":[]}}'), ['__proto__']],
    [
      Note,
      { name: 'Ada', tags: [{ constructor: 1 }, [{ prototype: 1 }]] },
      ['tags.0.constructor', 'tags.1.0.prototype'],
    ],
  ])('takes nothing that %p does not declare: %j', (type, input, paths) => {
    expect(refusalOf(type, input).errors?.map(({ path }) => path)).toEqual(paths);
  });

  it('names a hundred fields, and tells how many there are besides', () => {
    const input = Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`f${n}`, n]));
    const { detail, errors = [] } = refusalOf(Named, input);
    expect(errors).toHaveLength(100);
    expect(errors[99]?.path).toBe('f99');
    // The name that is missing is at fault as well.
    expect(detail).toBe('Some fields are not valid, and 2401 more than are named');
  });

  it('says long names in part', () => {
    const { errors } = refusalOf(Named, { name: 'Ada', ['x'.repeat(99) + '\u{1f600}'.repeat(10_000)]: 1 });
    expect(errors?.map(({ path }) => path)).toEqual([`${'x'.repeat(99)}\ufffd`]);
  });
});
