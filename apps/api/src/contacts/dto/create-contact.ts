import { ChoiceField, DateTimeField, EmailField, TextField, TextListField } from '../../http/input/fields.ts';
import { CONTACT_STATUSES, type ContactStatus } from '../contact.schema.ts';

/** One contact as it is sent, in `POST`, `PUT` and the lines of an import. */
export class CreateContact {
  @EmailField({ required: true, example: 'ada@example.org', description: 'Lower case, unique' })
  email!: string;

  @TextField({ min: 1, max: 200, example: 'Ada Lovelace' })
  name?: string | null;

  @TextField({ min: 1, max: 200, example: 'Analytical Engines' })
  organization?: string | null;

  @TextListField({ max: 50, maxItems: 50, example: ['mathematics'] })
  tags?: string[];

  @ChoiceField(CONTACT_STATUSES, { example: 'new', description: '`new` unless given' })
  status?: ContactStatus;

  @TextField({ max: 10_000, example: 'Met at the conference' })
  notes?: string | null;

  @DateTimeField({ example: '2026-11-05T09:30:00.000Z' })
  lastContactedAt?: string | null;
}
